// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Answers requests as told, whatever they are, and records them: for what no real server does when
/// it is wanted. Answers that are not scripted are those of an empty container.
final class ScriptedAzure implements AutoCloseable {
    static final String SECRET =
            Base64.getEncoder().encodeToString("a-secret-nobody-prints".getBytes(US_ASCII));
    static final StoreLimits QUICK =
            new StoreLimits(
                    8,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60),
                    1 << 20,
                    4,
                    Duration.ofMillis(1),
                    Duration.ofMillis(40),
                    Duration.ofMillis(80));

    private static final String EMPTY =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Queue<Answer> answers = new ArrayDeque<>();

    /// @param atNs when it came
    record Request(String method, URI uri, Headers headers, byte[] body, long atNs) {
        @Nullable String header(String name) {
            return headers.getFirst(name);
        }

        String text() {
            return new String(body, UTF_8);
        }
    }

    record Answer(int status, Map<String, String> headers, String body) {
        static Answer error(int status, String code) {
            return error(status, code, "says so", "");
        }

        static Answer error(int status, String code, String message, String detail) {
            return new Answer(
                            status,
                            Map.of(),
                            "<Error><Code>"
                                    + code
                                    + "</Code><Message>"
                                    + message
                                    + "\nRequestId:1\nTime:2</Message><AuthenticationErrorDetail>"
                                    + detail
                                    + "</AuthenticationErrorDetail></Error>")
                    .with("x-ms-error-code", code)
                    .with("x-ms-request-id", "id-of-the-request");
        }

        static Answer of(int status) {
            return new Answer(status, Map.of(), "");
        }

        static Answer of(int status, String body) {
            return new Answer(status, Map.of(), body);
        }

        Answer with(String name, String value) {
            Map<String, String> more = new HashMap<>(headers);
            more.put(name, value);
            return new Answer(status, more, body);
        }
    }

    ScriptedAzure() throws IOException {
        this(null);
    }

    /// @param tls null for a plain server
    ScriptedAzure(@Nullable SSLContext tls) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (tls == null) {
            server = HttpServer.create(any, 0);
        } else {
            HttpsServer secure = HttpsServer.create(any, 0);
            secure.setHttpsConfigurator(new HttpsConfigurator(tls));
            server = secure;
        }
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
        String query = String.valueOf(request.uri().getQuery());
        return switch (request.method()) {
            case "GET", "HEAD" ->
                    query.contains("comp=list")
                            ? Answer.of(200, EMPTY)
                            : Answer.error(404, "BlobNotFound");
            default -> Answer.of(201);
        };
    }

    /// Requests so far, without those of opening.
    List<Request> requests() {
        return List.copyOf(requests);
    }

    /// With the account in its path.
    URI endpoint() {
        String scheme = server instanceof HttpsServer ? "https" : "http";
        return URI.create(scheme + "://127.0.0.1:" + port() + "/acc1");
    }

    int port() {
        return server.getAddress().getPort();
    }

    static StoreAccess access(
            Map<String, String> keys, StoreLimits limits, RequestListener requests) {
        return new StoreAccess(BucketSettings.of(keys), limits, requests, new SecureRandom());
    }

    AzureObjectStore open() throws ObjectStoreException {
        return open(Map.of("azure.account-key", SECRET), QUICK, RequestListener.NONE);
    }

    AzureObjectStore open(Map<String, String> keys, StoreLimits limits, RequestListener listener)
            throws ObjectStoreException {
        AzureObjectStore store =
                AzureObjectStore.open(
                        AzureAddress.parse("//bucket?endpoint=" + endpoint()),
                        access(keys, limits, listener));
        requests.clear();
        return store;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
