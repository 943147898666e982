// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A connection to a server that loses what it is told to lose, one exchange after the other. It
/// passes bytes on as they are, and knows of HTTP only where requests and answers begin.
public final class Wire implements AutoCloseable {
    /// Put before an answer that is no answer yet.
    private static final String CONTINUE = "HTTP/1.1 100";

    private final URI target;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Queue<Fault> faults = new ArrayDeque<>();

    /// What becomes of an exchange.
    public enum Fault {
        PASS,
        /// The request does not reach the server.
        LOSE_REQUEST,
        /// The server has done its work, and its answer is lost with the connection.
        LOSE_ANSWER,
        /// The server has done its work, and its answer never comes.
        HANG,
        /// The answer breaks off just before its end.
        CUT_ANSWER
    }

    public Wire(URI target) throws IOException {
        this.target = target;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var _ = threads.submit(this::accept);
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /// What becomes of the next exchanges, in this order; those after them pass.
    public void next(Fault... more) {
        synchronized (faults) {
            faults.addAll(List.of(more));
        }
    }

    /// Whether all that was to be lost has been lost.
    public boolean isThrough() {
        synchronized (faults) {
            return faults.isEmpty();
        }
    }

    private Void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket server = new Socket(target.getHost(), target.getPort());
            sockets.add(client);
            sockets.add(server);
            var _ = threads.submit(() -> passRequests(client, server));
            var _ = threads.submit(() -> passAnswers(client, server));
        }
    }

    private Void passRequests(Socket client, Socket server) throws IOException {
        try (client;
                server) {
            InputStream in = client.getInputStream();
            OutputStream out = server.getOutputStream();
            byte[] block = new byte[64 << 10];
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                if (begins(block, count, "PUT ", "GET ", "HEAD ", "POST ") && loses()) {
                    return null;
                }
                out.write(block, 0, count);
            }
            return null;
        }
    }

    private boolean loses() {
        synchronized (faults) {
            if (faults.peek() == Fault.LOSE_REQUEST) {
                faults.remove();
                return true;
            }
            return false;
        }
    }

    private Void passAnswers(Socket client, Socket server) throws IOException {
        try (client;
                server) {
            InputStream in = server.getInputStream();
            OutputStream out = client.getOutputStream();
            byte[] block = new byte[64 << 10];
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                Fault fault =
                        begins(block, count, "HTTP/1.1 ") && !begins(block, count, CONTINUE)
                                ? nextFault()
                                : Fault.PASS;
                switch (fault) {
                    case LOSE_ANSWER, LOSE_REQUEST -> {
                        return null;
                    }
                    case HANG -> {
                        var _ = in.readAllBytes();
                        return null;
                    }
                    case CUT_ANSWER -> {
                        out.write(block, 0, count - 1);
                        return null;
                    }
                    case PASS -> out.write(block, 0, count);
                }
            }
            return null;
        }
    }

    private Fault nextFault() {
        synchronized (faults) {
            return faults.isEmpty() ? Fault.PASS : faults.remove();
        }
    }

    private static boolean begins(byte[] block, int count, String... words) {
        String start = new String(block, 0, Math.min(count, 16), US_ASCII);
        for (String word : words) {
            if (start.startsWith(word)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        threads.close();
    }
}
