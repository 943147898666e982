// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/// Answers requests as told, whatever they are, and records them: for what no real server does when
/// it is wanted. Answers that are not scripted are those of an empty bucket that takes every put.
final class ScriptedGcs implements AutoCloseable {
    static final String TOKEN = "a-token-nobody-prints";
    static final StoreLimits QUICK =
            new StoreLimits(
                    8,
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(20),
                    1 << 20,
                    4,
                    Duration.ofMillis(1),
                    Duration.ofMillis(40),
                    Duration.ofMillis(80));

    private static final Pattern NAME = Pattern.compile("\"name\":\"([^\"]*)\"");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Queue<Answer> answers = new ArrayDeque<>();

    /// @param atNs when it came
    /// @param clientPort the same for those of one connection
    record Request(
            String method, URI uri, Headers headers, byte[] body, long atNs, int clientPort) {
        String header(String name) {
            return headers.getFirst(name);
        }

        String text() {
            return new String(body, ISO_8859_1);
        }
    }

    record Answer(int status, Map<String, String> headers, String body) {
        static Answer of(int status) {
            return new Answer(status, Map.of(), "");
        }

        static Answer json(String body) {
            return new Answer(200, Map.of("Content-Type", "application/json"), body);
        }

        static Answer error(int status, String reason) {
            return new Answer(
                    status, Map.of("Content-Type", "application/json"), words(status, reason));
        }

        /// @param parts statuses, each with a reason where it is no success
        static Answer batch(String... parts) {
            StringBuilder body = new StringBuilder();
            for (String part : parts) {
                String[] words = part.split(" ", 2);
                String inner = words.length < 2 ? "" : words(Integer.parseInt(words[0]), words[1]);
                body.append("--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 ")
                        .append(words[0])
                        .append(" x\r\nContent-Type: application/json\r\nContent-Length: ")
                        .append(inner.length())
                        .append("\r\n\r\n")
                        .append(inner)
                        .append("\r\n");
            }
            return new Answer(
                    200,
                    Map.of("Content-Type", "multipart/mixed; boundary=b"),
                    body.append("--b--\r\n").toString());
        }

        private static String words(int status, String reason) {
            return "{\"error\":{\"code\":%d,\"message\":\"says so\",\"errors\":[{\"reason\":\"%s\"}]}}"
                    .formatted(status, reason);
        }

        /// As Google sends its JSON.
        Answer packed() {
            return with("Content-Encoding", "gzip");
        }

        private byte[] bytes() throws IOException {
            byte[] plain = body.getBytes(UTF_8);
            boolean packed =
                    headers.containsKey("Content-Encoding") && headers.containsKey("Content-Type");
            if (!packed) {
                return plain;
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
                out.write(plain);
            }
            return bytes.toByteArray();
        }

        Answer with(String name, String value) {
            Map<String, String> more = new HashMap<>(headers);
            more.put(name, value);
            return new Answer(status, more, body);
        }
    }

    ScriptedGcs() throws IOException {
        this(HttpServer.create(loopback(), 0));
    }

    /// @param server one that has not been started
    ScriptedGcs(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /// What the next requests get, in this order.
    void next(Answer... more) {
        synchronized (answers) {
            answers.addAll(List.of(more));
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Request request =
                    new Request(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI(),
                            exchange.getRequestHeaders(),
                            exchange.getRequestBody().readAllBytes(),
                            System.nanoTime(),
                            exchange.getRemoteAddress().getPort());
            requests.add(request);
            Answer answer = answer(request);
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] body = answer.bytes();
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private Answer answer(Request request) {
        Answer scripted;
        synchronized (answers) {
            scripted = answers.poll();
        }
        if (scripted != null) {
            return scripted;
        }
        String path = request.uri().getPath();
        if (path.equals("/storage/v1/b/bucket/o")) {
            return Answer.json("{\"kind\":\"storage#objects\"}");
        }
        if (path.equals("/token")) {
            return Answer.json(
                    "{\"access_token\":\"%s\",\"expires_in\":3600,\"token_type\":\"Bearer\"}"
                            .formatted(TOKEN));
        }
        if (path.startsWith("/upload/")) {
            return stored(request.text());
        }
        if (path.startsWith("/batch/")) {
            int keys = request.text().split("DELETE ", -1).length - 1;
            return Answer.batch(Collections.nCopies(keys, "204").toArray(new String[0]));
        }
        return new Answer(
                404,
                Map.of("Content-Type", "application/json"),
                "{\"error\":{\"code\":404,\"message\":\"No such object: bucket/k\",\"errors\":[{\"reason\":\"notFound\"}]}}");
    }

    private static Answer stored(String body) {
        Matcher name = NAME.matcher(body);
        int start = body.lastIndexOf("\r\n\r\n") + 4;
        int end = body.lastIndexOf("\r\n--");
        return object(name.find() ? name.group(1) : "", end - start, "");
    }

    /// @param stamp of the put that made it; none where it is empty
    static Answer object(String key, int bytes, String stamp) {
        String metadata = stamp.isEmpty() ? "" : ",\"metadata\":{\"varve-put\":\"" + stamp + "\"}";
        return Answer.json(
                "{\"name\":\"%s\",\"size\":\"%d\",\"timeCreated\":\"2026-11-28T10:00:00.123Z\"%s}"
                        .formatted(key, bytes, metadata));
    }

    /// Requests so far, without those of opening.
    List<Request> requests() {
        return List.copyOf(requests);
    }

    int port() {
        return server.getAddress().getPort();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + port());
    }

    GcsObjectStore open() throws ObjectStoreException {
        return open(BucketSettings.NONE, QUICK, RequestListener.NONE);
    }

    GcsObjectStore open(BucketSettings settings, StoreLimits limits, RequestListener listener)
            throws ObjectStoreException {
        GcsObjectStore store =
                GcsObjectStore.open(
                        GcsAddress.parse("//bucket?endpoint=" + endpoint()),
                        new StoreAccess(settings, limits, listener, new SecureRandom()));
        requests.clear();
        return store;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
