// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.azure.ScriptedAzure.Answer;
import io.varve.objectstore.azure.ScriptedAzure.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is asked again, how often, how fast, and what comes of it in the end.
final class AzureRetryTest {
    private static final Map<String, String> KEYS =
            Map.of("azure.account-key", ScriptedAzure.SECRET);
    private static final Answer BUSY = Answer.error(503, "ServerBusy");
    private static final Answer EXISTS = Answer.error(409, "BlobAlreadyExists");
    private static final Answer THERE =
            Answer.of(200)
                    .with("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT")
                    .with("x-ms-meta-varveput", "another")
                    .with("Content-Length", "7");

    private final List<String> told = new CopyOnWriteArrayList<>();
    private ScriptedAzure server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedAzure();
        store = server.open(KEYS, ScriptedAzure.QUICK, this::answered);
        told.clear();
    }

    private void answered(StoreOperation operation, int status, long elapsedNs) {
        assertThat(elapsedNs).isNotNegative();
        told.add(operation + " " + status);
    }

    @AfterEach
    void stop() {
        store.close();
        server.close();
    }

    private ObjectInfo put() throws ObjectStoreException {
        return store.put("k", ObjectBody.of(new byte[100]), PutMode.IF_ABSENT);
    }

    @Test
    void aStoreThatAsksToSlowDownIsAskedMoreSlowlyAndThenServes() throws IOException {
        server.next(BUSY, Answer.error(429, "TooManyRequests"), BUSY);

        assertThat(put().bytes()).isEqualTo(100);

        List<Request> requests = server.requests();
        assertThat(requests).hasSize(4);
        for (int i = 1; i < requests.size(); i++) {
            long waitedNs = requests.get(i).atNs() - requests.get(i - 1).atNs();
            assertThat(Duration.ofNanos(waitedNs))
                    .isGreaterThan(ScriptedAzure.QUICK.throttledDelay().dividedBy(2));
        }
        assertThat(told).containsExactly("PUT 503", "PUT 429", "PUT 503", "PUT 201");
    }

    @Test
    void theStoresOwnWordForAWaitIsKeptWithinTheBound() throws IOException {
        server.next(BUSY.with("Retry-After", "86400"));

        put();

        long waitedNs = server.requests().get(1).atNs() - server.requests().getFirst().atNs();
        assertThat(Duration.ofNanos(waitedNs))
                .isGreaterThanOrEqualTo(ScriptedAzure.QUICK.delayMax())
                .isLessThan(Duration.ofSeconds(60));
    }

    @Test
    void aStoreThatAsksForNothingElseIsATransientErrorNeverADenial() {
        server.next(BUSY, BUSY, BUSY, BUSY);

        assertThatThrownBy(this::put)
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("asks to slow down")
                .hasMessageContaining("code=ServerBusy");
        assertThat(told).containsExactly("PUT 503", "PUT 503", "PUT 503", "PUT 503", "HEAD 404");
    }

    @Test
    void everyAttemptSendsTheWholeBodyUnderOneStamp() throws IOException {
        server.next(Answer.error(500, "InternalError"), Answer.of(502));

        put();

        List<Request> requests = server.requests();
        assertThat(requests)
                .hasSize(3)
                .allMatch(it -> "100".equals(it.header("Content-Length")))
                .allMatch(it -> it.body().length == 100);
        assertThat(requests.stream().map(it -> it.header("x-ms-meta-varveput")).distinct())
                .hasSize(1)
                .doesNotContainNull();
    }

    @Test
    void twoPutsHaveTwoStamps() throws IOException {
        put();
        put();

        assertThat(server.requests().stream().map(it -> it.header("x-ms-meta-varveput")).distinct())
                .hasSize(2);
    }

    @Test
    void anObjectInTheWayIsReadBeforeItCountsAsAnothers() {
        for (Answer lost : List.of(EXISTS, Answer.error(412, "ConditionNotMet"))) {
            server.next(lost, THERE);
            assertThatThrownBy(this::put).isInstanceOf(ObjectStoreException.AlreadyExists.class);
        }

        server.next(EXISTS, Answer.of(403));
        assertThatThrownBy(this::put)
                .as("it cannot be read, so whose it is stays open")
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("whose it is");
    }

    @Test
    void readsAndListingsAreTriedAgainToo() throws IOException {
        Answer failed = Answer.error(500, "InternalError");
        server.next(failed, failed, Answer.of(206, "ab").with("Content-Range", "bytes 1-2/9"));

        assertThat(store.get("k", ByteRange.span(1, 2)).objectBytes()).isEqualTo(9);

        server.next(failed, BUSY);
        assertThat(store.list("", "", 10)).isEmpty();
        assertThat(told)
                .containsExactly(
                        "GET 500", "GET 500", "GET 206", "LIST 500", "LIST 503", "LIST 200");
    }

    @Test
    void aWrongBodyIsNotSentAtAll() {
        byte[] content = new byte[100];
        ObjectBody body = ObjectBody.of(content);
        content[0] = 1;

        assertThatThrownBy(() -> store.put("k", body, PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("body differs");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void anAttemptWithoutAnAnswerIsToldToo() throws IOException {
        server.close();

        assertThatThrownBy(() -> store.head("k"))
                .isInstanceOf(ObjectStoreException.Transient.class);

        assertThat(told).containsExactly("HEAD 0", "HEAD 0", "HEAD 0", "HEAD 0");
        server = new ScriptedAzure();
    }

    /// Each byte comes before the silence is too long, but there is no end of them.
    @Test
    void aServerThatDripsEndsWithTheCallsDeadline() throws Exception {
        StoreLimits limits =
                new StoreLimits(
                        8,
                        Duration.ofSeconds(5),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(3),
                        1 << 20,
                        2,
                        Duration.ofMillis(1),
                        Duration.ofMillis(1),
                        Duration.ofMillis(1));
        CountDownLatch over = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var _ = threads.submit(() -> drip(listener, threads, over));
            AzureAddress address =
                    AzureAddress.parse(
                            "//bucket?endpoint=http://127.0.0.1:"
                                    + listener.getLocalPort()
                                    + "/acc1");
            long startNs = System.nanoTime();
            try (ObjectStore dripping =
                    AzureObjectStore.open(
                            address, ScriptedAzure.access(KEYS, limits, this::answered))) {
                assertThatThrownBy(() -> dripping.head("k"))
                        .isInstanceOf(ObjectStoreException.Transient.class)
                        .hasMessageContaining("no answer from the store");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .as("two calls")
                    .isLessThan(limits.call().multipliedBy(3));
        } finally {
            over.countDown();
        }
    }

    private static Void drip(ServerSocket listener, ExecutorService threads, CountDownLatch over)
            throws IOException {
        while (true) {
            Socket client = listener.accept();
            var _ =
                    threads.submit(() -> {
                        try (client) {
                            while (!over.await(100, TimeUnit.MILLISECONDS)) {
                                client.getOutputStream().write('H');
                                client.getOutputStream().flush();
                            }
                        }
                        return null;
                    });
        }
    }
}
