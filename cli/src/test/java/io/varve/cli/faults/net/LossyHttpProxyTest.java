// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A server that keeps what is put, behind a proxy that loses answers.
class LossyHttpProxyTest {
    private final Map<String, byte[]> kept = new ConcurrentHashMap<>();
    private HttpServer server;
    private LossyHttpProxy proxy;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.createContext("/", this::answer);
        server.start();
        proxy = LossyHttpProxy.start(server.getAddress());
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        proxy.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (exchange.getRequestMethod().equals("PUT")) {
            kept.put(path, exchange.getRequestBody().readAllBytes());
            exchange.sendResponseHeaders(204, -1);
        } else {
            byte[] body = kept.getOrDefault(path, new byte[0]);
            exchange.sendResponseHeaders(200, exchange.getRequestMethod().equals("HEAD") ? -1 : 0);
            if (exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseBody().write(body); // chunked
            }
        }
        exchange.close();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + proxy.address().getPort() + path))
                .timeout(Duration.ofSeconds(10));
    }

    private void put(String path, boolean expect) throws Exception {
        var answer =
                client.send(
                        to(path).expectContinue(expect)
                                .PUT(HttpRequest.BodyPublishers.ofString("value of " + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(204);
    }

    private String get(String path) throws Exception {
        return client.send(to(path).GET().build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    @Test
    void requestsAndAnswersPass() throws Exception {
        put("/a", false);
        put("/b", true);
        var head =
                client.send(
                        to("/a").method("HEAD", HttpRequest.BodyPublishers.noBody()).build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(get("/a")).isEqualTo("value of /a");
        assertThat(get("/b")).isEqualTo("value of /b");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(proxy.requests("PUT")).isEqualTo(2);
        assertThat(proxy.requests("GET")).isEqualTo(2);
        assertThat(proxy.lost()).isZero();
    }

    @Test
    void aChosenRequestIsCarriedOutAndItsAnswerLost() throws Exception {
        proxy.lose(line -> line.startsWith("PUT /a "));

        assertThatThrownBy(() -> put("/a", true)).isInstanceOf(IOException.class);
        put("/b", true);
        proxy.lose(_ -> false);

        assertThat(new String(kept.getOrDefault("/a", new byte[0]), StandardCharsets.UTF_8))
                .isEqualTo("value of /a");
        assertThat(get("/b")).isEqualTo("value of /b");
        assertThat(proxy.lost()).isEqualTo(1);
    }
}
