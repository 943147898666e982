// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.net;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/// In front of a server that speaks HTTP/1.1: requests reach it and are carried out, and the
/// answers to chosen ones are lost, as when a network breaks at the wrong moment. Counts requests
/// by method. Thread-safe.
public final class LossyHttpProxy implements AutoCloseable {
    private static final int HEAD_BYTES_MAX = 64 * 1024;
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int BACKLOG = 200;
    private static final String END_OF_HEAD = "\r\n\r\n";

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final Map<String, AtomicLong> requests = new ConcurrentHashMap<>();
    private final AtomicLong lost = new AtomicLong();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile Predicate<String> losing = _ -> false;

    /// The lines before a body.
    private record Head(String text) {
        String first() {
            return text.substring(0, text.indexOf('\r'));
        }

        Optional<String> field(String name) {
            return text.lines()
                    .skip(1)
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst();
        }

        boolean chunked() {
            return field("transfer-encoding")
                    .filter(value -> value.toLowerCase(Locale.ROOT).contains("chunked"))
                    .isPresent();
        }

        long length() {
            return field("content-length").map(Long::parseLong).orElse(0L);
        }

        int status() {
            return Integer.parseInt(text.substring(9, 12));
        }
    }

    private LossyHttpProxy(InetSocketAddress target, ServerSocket listener) {
        this.target = target;
        this.listener = listener;
    }

    public static LossyHttpProxy start(InetSocketAddress target) throws IOException {
        LossyHttpProxy proxy =
                new LossyHttpProxy(
                        target, new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
        Thread.ofPlatform().daemon().name("http-proxy").start(proxy::accept);
        return proxy;
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    /// From now on the answer to a request is lost when its first line (`PUT /bucket/key HTTP/1.1`)
    /// is chosen and the server has carried it out well.
    public void lose(Predicate<String> chosen) {
        losing = chosen;
    }

    /// Answers lost so far.
    public long lost() {
        return lost.get();
    }

    /// Requests of a method so far.
    public long requests(String method) {
        AtomicLong count = requests.get(method);
        return count == null ? 0 : count.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                Thread.ofVirtual().name("http-proxy").start(() -> serve(near));
            } catch (IOException e) {
                Thread.onSpinWait(); // closed: the condition of the loop says so
            }
        }
    }

    private void serve(Socket near) {
        open.add(near);
        try (near;
                Socket far = new Socket()) {
            open.add(far);
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            far.connect(target);
            InputStream fromClient = new BufferedInputStream(near.getInputStream(), CHUNK_BYTES);
            InputStream fromServer = new BufferedInputStream(far.getInputStream(), CHUNK_BYTES);
            while (exchange(near, far, fromClient, fromServer)) {
                Thread.onSpinWait();
            }
            open.remove(far);
        } catch (IOException e) {
            lost.addAndGet(0); // one side is gone, and with both closed the other sees it
        } finally {
            open.remove(near);
        }
    }

    /// One request and its answer.
    ///
    /// @return whether the connection goes on
    private boolean exchange(
            Socket near, Socket far, InputStream fromClient, InputStream fromServer)
            throws IOException {
        Optional<Head> asked = head(fromClient);
        if (asked.isEmpty()) {
            return false;
        }
        Head request = asked.get();
        String method = request.first().substring(0, request.first().indexOf(' '));
        requests.computeIfAbsent(method, _ -> new AtomicLong()).incrementAndGet();
        write(far, request);
        Head answer = null;
        if (request.field("expect").isPresent()) {
            answer = head(fromServer).orElseThrow(EOFException::new);
            if (answer.status() == 100) {
                write(near, answer);
                answer = null;
            }
        }
        if (answer == null) {
            body(request, fromClient, far.getOutputStream());
            answer = head(fromServer).orElseThrow(EOFException::new);
            while (answer.status() / 100 == 1) {
                write(near, answer);
                answer = head(fromServer).orElseThrow(EOFException::new);
            }
        }
        boolean bare = method.equals("HEAD") || answer.status() == 204 || answer.status() == 304;
        if (answer.status() / 100 == 2 && losing.test(request.first())) {
            if (!bare) {
                body(answer, fromServer, OutputStream.nullOutputStream());
            }
            lost.incrementAndGet();
            near.setSoLinger(true, 0);
            return false;
        }
        write(near, answer);
        if (!bare) {
            body(answer, fromServer, near.getOutputStream());
        }
        return true;
    }

    private static void write(Socket to, Head head) throws IOException {
        to.getOutputStream().write(head.text().getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Up to the empty line; nothing at the end of the stream.
    private static Optional<Head> head(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < END_OF_HEAD.length()) {
            int next = in.read();
            if (next < 0 && bytes.size() == 0) {
                return Optional.empty();
            } else if (next < 0 || bytes.size() == HEAD_BYTES_MAX) {
                throw new EOFException("no end of the head");
            }
            bytes.write(next);
            matched = next == END_OF_HEAD.charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
        return Optional.of(new Head(bytes.toString(StandardCharsets.ISO_8859_1)));
    }

    private static void body(Head head, InputStream in, OutputStream out) throws IOException {
        if (!head.chunked()) {
            copy(in, out, head.length());
            return;
        }
        while (true) {
            String size = line(in, out);
            long length = Long.parseLong(size.split(";", -1)[0].strip(), 16);
            if (length > 0) {
                copy(in, out, length);
            }
            if (length == 0) {
                while (!line(in, out).isEmpty()) {
                    out.flush(); // a trailer
                }
                return;
            }
            String _ = line(in, out);
        }
    }

    private static String line(InputStream in, OutputStream out) throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("stream ends in a chunk");
            }
            out.write(next);
            if (next == '\n') {
                return text.toString().strip();
            }
            text.append((char) next);
        }
    }

    private static void copy(InputStream in, OutputStream out, long length) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        long left = length;
        while (left > 0) {
            int read = in.read(chunk, 0, (int) Math.min(left, chunk.length));
            if (read < 0) {
                throw new EOFException("stream ends in a body");
            }
            out.write(chunk, 0, read);
            left -= read;
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
