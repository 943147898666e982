// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/// Answers requests as told, whatever they are, and records them: for what no real server does when
/// it is wanted. Answers that are not scripted are those of an empty bucket.
final class ScriptedS3 implements AutoCloseable {
    static final String SECRET = "a-secret-nobody-prints";
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

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Queue<Answer> answers = new ArrayDeque<>();

    /// @param atNs when it came
    record Request(String method, URI uri, Headers headers, byte[] body, long atNs) {
        String header(String name) {
            return headers.getFirst(name);
        }
    }

    record Answer(int status, Map<String, String> headers, String body) {
        static Answer error(int status, String code) {
            return new Answer(
                    status,
                    Map.of(),
                    "<Error><Code>" + code + "</Code><Message>says so</Message></Error>");
        }

        static Answer of(int status) {
            return new Answer(status, Map.of(), "");
        }

        static Answer xml(String body) {
            return new Answer(200, Map.of("Content-Type", "application/xml"), body);
        }

        Answer with(String name, String value) {
            Map<String, String> more = new HashMap<>(headers);
            more.put(name, value);
            return new Answer(status, more, body);
        }
    }

    ScriptedS3() throws IOException {
        this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    }

    /// With TLS.
    static ScriptedS3 over(SSLContext tls) throws IOException {
        HttpsServer server =
                HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return new ScriptedS3(server);
    }

    private ScriptedS3(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
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
                            System.nanoTime());
            requests.add(request);
            Answer answer = answer(request);
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] body = answer.body().getBytes(UTF_8);
            boolean head = request.method().equals("HEAD");
            exchange.sendResponseHeaders(
                    answer.status(), head || body.length == 0 ? -1 : body.length);
            if (!head && body.length > 0) {
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
        return switch (request.method()) {
            case "GET", "HEAD" ->
                    request.uri().getPath().equals("/bucket")
                            ? Answer.xml("<ListBucketResult></ListBucketResult>")
                            : Answer.error(404, "NoSuchKey");
            default -> Answer.of(200);
        };
    }

    /// Requests so far, without those of opening.
    List<Request> requests() {
        return List.copyOf(requests);
    }

    URI endpoint() {
        String scheme = server instanceof HttpsServer ? "https" : "http";
        return URI.create(scheme + "://127.0.0.1:" + server.getAddress().getPort());
    }

    S3ObjectStore open() throws ObjectStoreException {
        return open("");
    }

    /// @param parameters more of the URL's, each with a leading `&`
    S3ObjectStore open(String parameters) throws ObjectStoreException {
        S3ObjectStore store =
                S3ObjectStore.open(
                        S3Address.parse("//bucket?endpoint=" + endpoint() + parameters),
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create("user", SECRET)),
                        S3Server.access(QUICK));
        requests.clear();
        return store;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
