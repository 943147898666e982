// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// A bad connection to a real server that speaks HTTP/1.1 in the clear: what becomes of each
/// request and its answer, a [FaultPlan] says. Besides, it may take the condition off every put, as
/// a server does that does not know it, and put another time into every answer.
///
/// Each request goes over a connection of its own to the server, so that none is lost that the plan
/// does not lose. Thread-safe.
public final class Wire implements AutoCloseable {
    /// How much later a request comes: [Fault#DELAY].
    public static final Duration DELAY = Duration.ofMillis(300);

    private static final Duration DRIBBLE_PAUSE = Duration.ofMillis(50);

    /// More than what ends a body in chunks.
    private static final int CUT_BYTES = 6;

    private final URI target;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicLong requests = new AtomicLong();
    private final FaultPlan.Script script = new FaultPlan.Script();
    private volatile FaultPlan plan = script;
    private volatile boolean stripping;
    private volatile int headBytes = 100;
    private volatile Duration clockError = Duration.ZERO;

    /// @param target scheme, host and port of the server; a path is left to the requests
    public Wire(URI target) throws IOException {
        if (!"http".equals(target.getScheme()) || target.getPort() < 0) {
            throw new IllegalArgumentException(
                    "a wire passes plain HTTP to a port: write http://HOST:PORT, not " + target);
        }
        this.target = target;
        this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        var _ = threads.submit(this::accept);
    }

    /// Scheme, host and port to send requests to, and the target's path.
    public URI endpoint() {
        String path = target.getRawPath() == null ? "" : target.getRawPath();
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + path);
    }

    /// What becomes of the next requests, in this order; those after them pass.
    public void next(Fault... more) {
        script.add(more);
    }

    /// Whether all that was to be lost has been lost.
    public boolean isThrough() {
        return script.isThrough();
    }

    /// From now on, instead of what [#next] was told.
    public void follow(FaultPlan other) {
        plan = other;
    }

    /// From now on no request has a condition: neither the header If-None-Match, as of S3 and
    /// Azure, nor a generation to match, as of Google. A signature that covers the condition is
    /// then wrong.
    public void stripConditions() {
        stripping = true;
    }

    /// From now on every answer's Date is so much later than the server's.
    public void shiftDates(Duration later) {
        clockError = later;
    }

    /// From now on an answer that breaks off in its head does so behind so many bytes, at most all
    /// but one; before, behind a hundred.
    public void cutHeadsAt(int bytes) {
        headBytes = bytes;
    }

    /// How many requests came.
    public long requests() {
        return requests.get();
    }

    private Void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            var _ = threads.submit(() -> serve(client));
        }
    }

    /// Has a socket closed with the wire.
    private void track(Socket socket) throws IOException {
        sockets.add(socket);
        if (closing.getCount() == 0) {
            socket.close();
        }
    }

    private Void serve(Socket client) throws IOException {
        try (client) {
            track(client);
            client.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(client.getInputStream(), 64 << 10);
            boolean goesOn = true;
            while (goesOn) {
                HttpHead request = HttpHead.read(in).orElse(null);
                goesOn = request != null && exchange(request, in, client.getOutputStream());
            }
            return null;
        } finally {
            sockets.remove(client);
        }
    }

    /// One request and its answer.
    ///
    /// @return whether the client's connection goes on
    private boolean exchange(HttpHead request, InputStream in, OutputStream out)
            throws IOException {
        requests.incrementAndGet();
        Fault fault = plan.next(request.first());
        switch (fault) {
            case LOSE_REQUEST -> {
                return false;
            }
            case ANSWER_503, ANSWER_429 -> {
                refuse(request, fault, in, out);
                return false;
            }
            case DELAY -> pause(DELAY);
            case PASS,
                    LOSE_ANSWER,
                    HANG,
                    CUT_ANSWER,
                    CUT_HEAD,
                    DRIBBLE,
                    FLIP_REQUEST,
                    FLIP_ANSWER -> {}
        }
        Socket server = new Socket();
        try (server) {
            track(server);
            server.setTcpNoDelay(true);
            server.connect(new InetSocketAddress(target.getHost(), target.getPort()));
            return pass(request, fault, in, out, server);
        } finally {
            sockets.remove(server);
        }
    }

    private static void refuse(HttpHead request, Fault fault, InputStream in, OutputStream out)
            throws IOException {
        if (!request.says("Expect", "100-continue")) {
            HttpBody.ofRequest(request).pass(in, OutputStream.nullOutputStream());
        }
        String words = fault == Fault.ANSWER_503 ? "503 Slow Down" : "429 Too Many Requests";
        String answer = "HTTP/1.1 " + words + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        out.write(answer.getBytes(ISO_8859_1));
    }

    private boolean pass(
            HttpHead request, Fault fault, InputStream in, OutputStream out, Socket server)
            throws IOException {
        InputStream fromServer = new BufferedInputStream(server.getInputStream(), 64 << 10);
        (stripping ? stripped(request) : request).writeTo(server.getOutputStream());
        HttpHead answer = null;
        boolean whole = true;
        if (request.says("Expect", "100-continue")) {
            answer = HttpHead.read(fromServer).orElseThrow(Wire::noAnswer);
            whole = answer.status() == 100;
            if (whole) {
                answer.writeTo(out);
                answer = null;
            }
        }
        if (answer == null) {
            whole = passBody(request, fault, in, server.getOutputStream());
            answer = finalAnswer(fromServer);
        }
        boolean goesOn = passAnswer(request, answer, fault, fromServer, in, out);
        return goesOn && whole && !answer.says("Connection", "close");
    }

    private static EOFException noAnswer() {
        return new EOFException("the server closed without an answer");
    }

    /// @return whether the server took all of it; one that refuses may stop reading, and its answer
    ///   is there all the same
    private static boolean passBody(
            HttpHead request, Fault fault, InputStream in, OutputStream server) throws IOException {
        HttpBody body = HttpBody.ofRequest(request);
        OutputStream target =
                fault == Fault.FLIP_REQUEST ? BadOutput.flipping(server, middle(body)) : server;
        BadOutput.Patient patient = new BadOutput.Patient(target);
        body.pass(in, patient);
        return !patient.hasFailed();
    }

    private static long middle(HttpBody body) {
        return switch (body) {
            case HttpBody.Sized(long bytes) -> bytes / 2;
            // Behind the size of the first chunk.
            case HttpBody.Chunked(), HttpBody.Open() -> 200;
        };
    }

    private static HttpHead finalAnswer(InputStream server) throws IOException {
        HttpHead answer = HttpHead.read(server).orElseThrow(Wire::noAnswer);
        while (answer.status() / 100 == 1) {
            answer = HttpHead.read(server).orElseThrow(Wire::noAnswer);
        }
        return answer;
    }

    private boolean passAnswer(
            HttpHead request,
            HttpHead answer,
            Fault fault,
            InputStream server,
            InputStream in,
            OutputStream out)
            throws IOException {
        HttpBody body = HttpBody.ofAnswer(request, answer);
        HttpHead head = dated(answer);
        switch (fault) {
            case LOSE_ANSWER, HANG -> {
                body.pass(server, OutputStream.nullOutputStream());
                if (fault == Fault.HANG) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
                return false;
            }
            case CUT_ANSWER -> {
                OutputStream cut = BadOutput.withoutEnd(out, CUT_BYTES);
                head.writeTo(cut);
                body.pass(server, cut);
                return false;
            }
            case CUT_HEAD -> {
                byte[] bytes = head.text().getBytes(ISO_8859_1);
                out.write(bytes, 0, Math.min(headBytes, bytes.length - 1));
                return false;
            }
            case FLIP_ANSWER -> {
                head.writeTo(out);
                body.pass(server, BadOutput.flipping(out, middle(body)));
            }
            case DRIBBLE -> {
                OutputStream slow = BadOutput.dribbling(out, () -> pause(DRIBBLE_PAUSE));
                head.writeTo(slow);
                body.pass(server, slow);
            }
            case PASS, DELAY, FLIP_REQUEST, LOSE_REQUEST, ANSWER_503, ANSWER_429 -> {
                head.writeTo(out);
                body.pass(server, out);
            }
        }
        return !(body instanceof HttpBody.Open);
    }

    private static HttpHead stripped(HttpHead request) {
        String first =
                request.first()
                        .replaceAll("([?&])ifGenerationMatch=[0-9]+&?", "$1")
                        .replaceAll("[?&] HTTP", " HTTP");
        return request.without("If-None-Match")
                .without("x-goog-if-generation-match")
                .withFirst(first);
    }

    private HttpHead dated(HttpHead answer) {
        Duration error = clockError;
        String date = answer.field("Date").orElse("");
        if (error.isZero() || date.isEmpty()) {
            return answer;
        }
        DateTimeFormatter form = DateTimeFormatter.RFC_1123_DATE_TIME;
        ZonedDateTime time = ZonedDateTime.parse(date, form).plus(error);
        // Two digits for the day, which that format does not give before the 10th.
        String later = form.format(time.withZoneSameInstant(ZoneOffset.UTC));
        return answer.with("Date", later.replaceFirst(", (\\d) ", ", 0$1 "));
    }

    private void pause(Duration time) throws IOException {
        try {
            if (closing.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new EOFException("the wire is closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        closing.countDown();
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        threads.close();
    }
}
