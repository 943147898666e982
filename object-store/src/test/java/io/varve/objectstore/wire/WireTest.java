// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.varve.objectstore.HttpDate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Each fault does what it says, and nothing is lost that was not to be lost.
final class WireTest {
    private static final byte[] CONTENT = "0123456789".repeat(2_000).getBytes(US_ASCII);

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer server;
    private Wire wire;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext(
                "/",
                exchange -> {
                    byte[] body = exchange.getRequestBody().readAllBytes();
                    String condition = exchange.getRequestHeaders().getFirst("If-None-Match");
                    seen.add(
                            exchange.getRequestMethod()
                                    + " "
                                    + exchange.getRequestURI()
                                    + " "
                                    + condition
                                    + " "
                                    + new String(body, US_ASCII));
                    if (exchange.getRequestMethod().equals("HEAD")) {
                        exchange.sendResponseHeaders(200, -1);
                    } else {
                        boolean chunked = exchange.getRequestURI().getPath().equals("/chunked");
                        exchange.sendResponseHeaders(200, chunked ? 0 : CONTENT.length);
                        exchange.getResponseBody().write(CONTENT);
                    }
                    exchange.close();
                });
        server.start();
        wire = new Wire(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
        client = HttpClient.newHttpClient();
    }

    @AfterEach
    void stop() throws IOException {
        client.shutdownNow();
        wire.close();
        server.stop(0);
        threads.close();
    }

    private HttpResponse<byte[]> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return send(method, path, body, false);
    }

    private HttpResponse<byte[]> send(String method, String path, String body, boolean expecting)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(wire.endpoint().resolve(path))
                        .version(HttpClient.Version.HTTP_1_1)
                        .header("If-None-Match", "*")
                        .timeout(Duration.ofSeconds(2))
                        .expectContinue(expecting)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void passesWhatIsNotToBeLost() throws Exception {
        for (String path : List.of("/sized", "/chunked")) {
            for (String method : List.of("PUT", "GET", "POST", "DELETE", "HEAD")) {
                HttpResponse<byte[]> answer = send(method, path, "body", method.equals("PUT"));

                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo(method.equals("HEAD") ? new byte[0] : CONTENT);
                assertThat(seen.getLast()).isEqualTo(method + " " + path + " * body");
            }
        }
        assertThat(wire.requests()).isEqualTo(10);
    }

    @Test
    void aLostRequestIsNotSeenAndALostAnswerIsThatOfWorkDone() {
        wire.next(Fault.LOSE_REQUEST);
        assertThatThrownBy(() -> send("POST", "/a", "")).isInstanceOf(IOException.class);
        assertThat(seen).isEmpty();

        wire.next(Fault.LOSE_ANSWER);
        assertThatThrownBy(() -> send("POST", "/b", "")).isInstanceOf(IOException.class);
        assertThat(seen).hasSize(1);
        assertThat(wire.isThrough()).isTrue();
    }

    @Test
    void anAnswerIsCutHoweverItsEndIsTold() {
        for (String path : List.of("/sized", "/chunked")) {
            wire.next(Fault.CUT_ANSWER);
            assertThatThrownBy(() -> send("POST", path, "")).isInstanceOf(IOException.class);
        }
        wire.next(Fault.CUT_ANSWER, Fault.CUT_HEAD);
        assertThatThrownBy(() -> send("HEAD", "/sized", "")).isInstanceOf(IOException.class);
        wire.cutHeadsAt(20);
        assertThatThrownBy(() -> send("POST", "/sized", "")).isInstanceOf(IOException.class);
    }

    @Test
    void anAnswerThatHangsOrDribblesDoesNotCome() {
        for (Fault fault : List.of(Fault.HANG, Fault.DRIBBLE)) {
            wire.next(fault);
            assertThatThrownBy(() -> send("POST", "/a", ""))
                    .isInstanceOf(HttpTimeoutException.class);
        }
        assertThat(seen).hasSize(2);
    }

    @Test
    void aDelayedRequestComesLater() throws Exception {
        wire.next(Fault.DELAY);
        long startNs = System.nanoTime();

        assertThat(send("PUT", "/a", "x").statusCode()).isEqualTo(200);

        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isGreaterThan(Wire.DELAY);
    }

    @Test
    void aRefusedRequestDoesNotReachTheServer() throws Exception {
        wire.next(Fault.ANSWER_503, Fault.ANSWER_429, Fault.ANSWER_503);

        assertThat(send("PUT", "/a", "x").statusCode()).isEqualTo(503);
        assertThat(send("PUT", "/a", "x").statusCode()).isEqualTo(429);
        assertThat(send("PUT", "/a", "x", true).statusCode()).isEqualTo(503);
        assertThat(seen).isEmpty();
    }

    @Test
    void oneBitIsFlippedEitherWay() throws Exception {
        wire.next(Fault.FLIP_REQUEST, Fault.FLIP_ANSWER);

        send("PUT", "/a", "aaaa");
        assertThat(seen).containsExactly("PUT /a * aaea");

        byte[] flipped = send("PUT", "/a", "aaaa").body();
        assertThat(flipped).hasSameSizeAs(CONTENT).isNotEqualTo(CONTENT);
        flipped[CONTENT.length / 2] ^= 4;
        assertThat(flipped).isEqualTo(CONTENT);
    }

    @Test
    void conditionsAreTakenOff() throws Exception {
        wire.stripConditions();

        send("PUT", "/o?ifGenerationMatch=0&x=1", "");
        send("PUT", "/o?x=1&ifGenerationMatch=0", "");
        send("PUT", "/o?ifGenerationMatch=0", "");

        assertThat(seen).containsExactly("PUT /o?x=1 null ", "PUT /o?x=1 null ", "PUT /o null ");
    }

    @Test
    void theServersClockIsMadeWrong() throws Exception {
        Instant right = date();
        wire.shiftDates(Duration.ofDays(400));

        assertThat(date()).isAfterOrEqualTo(right.plus(Duration.ofDays(400)));
    }

    private Instant date() throws IOException, InterruptedException {
        String date = send("GET", "/a", "").headers().firstValue("Date").orElseThrow();
        return HttpDate.parse(date).orElseThrow();
    }

    @Test
    void aRandomPlanReplaysAndKeepsItsShares() {
        Map<Fault, Integer> shares = Map.of(Fault.LOSE_ANSWER, 100, Fault.DELAY, 200);
        List<Fault> faults = draw(FaultPlan.random(7, shares));

        assertThat(draw(FaultPlan.random(7, shares))).isEqualTo(faults);
        assertThat(draw(FaultPlan.random(8, shares))).isNotEqualTo(faults);
        assertThat(faults.stream().filter(Fault.LOSE_ANSWER::equals).count())
                .isBetween(900L, 1_100L);
        assertThat(faults.stream().filter(Fault.PASS::equals).count()).isBetween(6_800L, 7_200L);
        assertThatThrownBy(() -> FaultPlan.random(1, Map.of(Fault.HANG, 1_001)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static List<Fault> draw(FaultPlan plan) {
        return Stream.generate(() -> plan.next("GET / HTTP/1.1")).limit(10_000).toList();
    }

    @Test
    void theProgramTakesItsFaultsByName() throws Exception {
        String target = "http://127.0.0.1:" + server.getAddress().getPort();
        try (Wire other = WireProgram.wire(List.of(target, "seed=3", "answer-503=1000"))) {
            HttpRequest request = HttpRequest.newBuilder(other.endpoint()).build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
                    .isEqualTo(503);
        }
        assertThatThrownBy(() -> WireProgram.wire(List.of(target, "lose-anwser=1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lose-answer");
        assertThatThrownBy(() -> WireProgram.wire(List.of("https://127.0.0.1:1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("plain HTTP");
    }
}
