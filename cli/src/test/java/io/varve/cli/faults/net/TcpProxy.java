// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.net;

import io.varve.cli.faults.net.Links.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// In front of one listener of one party: every connection passes through here, and its bytes when
/// the [Links] let them. Thread-safe.
public final class TcpProxy implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int BACKLOG = 200;
    private static final int CONNECT_LIMIT_MS = 5_000;

    private final Links links;
    private final Peers peers;
    private final String party;
    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();
    private final AtomicInteger strangers = new AtomicInteger();

    /// Two connections that are one.
    private record Pair(Direction direction, Socket near, Socket far) {
        void close() {
            closeQuietly(near);
            closeQuietly(far);
        }
    }

    private TcpProxy(
            Links links, Peers peers, String party, InetSocketAddress target, ServerSocket own) {
        this.links = links;
        this.peers = peers;
        this.party = party;
        this.target = target;
        this.listener = own;
    }

    /// Starts one.
    ///
    /// @param port where it listens; 0 for any
    /// @param party whose listener is behind it
    public static TcpProxy start(
            Links links, Peers peers, int port, String party, InetSocketAddress target)
            throws IOException {
        ServerSocket own = new ServerSocket(port, BACKLOG, InetAddress.getLoopbackAddress());
        TcpProxy proxy = new TcpProxy(links, peers, party, target, own);
        links.add(proxy);
        Thread.ofPlatform().daemon().name("proxy-" + party).start(proxy::accept);
        return proxy;
    }

    public int port() {
        return listener.getLocalPort();
    }

    /// Connections of a process that is no party; refused.
    public int strangers() {
        return strangers.get();
    }

    int reset(Direction direction) {
        int count = 0;
        for (Pair pair : pairs) {
            if (pair.direction.equals(direction)) {
                resetQuietly(pair.near);
                resetQuietly(pair.far);
                count++;
            }
        }
        return count;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                Thread.ofVirtual().name("proxy-" + party).start(() -> connect(near));
            } catch (IOException e) {
                // closed, or no file descriptor: the condition of the loop says which
                Thread.onSpinWait();
            }
        }
    }

    private void connect(Socket near) {
        Socket far = new Socket();
        try {
            Optional<String> from = peers.find(near);
            if (from.isEmpty()) {
                strangers.incrementAndGet();
                resetQuietly(near);
                return;
            }
            Direction direction = new Direction(from.get(), party);
            Pair pair = new Pair(direction, near, far);
            pairs.add(pair);
            links.awaitBoth(direction);
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            far.connect(target, CONNECT_LIMIT_MS);
            Thread back = Thread.ofVirtual().start(() -> pump(direction.back(), far, near));
            pump(direction, near, far);
            back.join();
            pair.close();
            pairs.remove(pair);
        } catch (IOException e) {
            resetQuietly(near);
            closeQuietly(far);
            pairs.removeIf(pair -> pair.near.equals(near));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closeQuietly(near);
            closeQuietly(far);
        }
    }

    /// Ends with the stream; an end or an error of one side is passed to the other, when the link
    /// lets it.
    private void pump(Direction direction, Socket from, Socket to) {
        byte[] chunk = new byte[CHUNK_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            while (true) {
                int read = in.read(chunk);
                links.awaitPassage(direction);
                if (read < 0) {
                    to.shutdownOutput();
                    return;
                }
                out.write(chunk, 0, read);
            }
        } catch (IOException e) {
            passReset(direction, from, to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void passReset(Direction direction, Socket from, Socket to) {
        try {
            links.awaitPassage(direction);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        resetQuietly(to);
        resetQuietly(from);
    }

    private static void resetQuietly(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException _) {
            return; // closed already
        } finally {
            closeQuietly(socket);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            return; // what is wanted is that it is gone
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException _) {
            pairs.forEach(Pair::close);
            return;
        }
        pairs.forEach(Pair::close);
    }
}
