// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.gcs.ScriptedGcs.Answer;
import io.varve.objectstore.gcs.ScriptedGcs.Request;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is asked again, how often, how fast, and what comes of it in the end.
final class GcsRetryTest {
    private static final Answer SLOW_DOWN = Answer.error(429, "rateLimitExceeded");
    private static final Answer FAILED = Answer.error(500, "backendError");
    private static final Answer THERE = ScriptedGcs.object("k", 7, "another");

    private ScriptedGcs server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedGcs();
        store = server.open();
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
        server.next(SLOW_DOWN, Answer.of(503), Answer.error(403, "userRateLimitExceeded"));

        assertThat(put().bytes()).isEqualTo(100);

        List<Request> requests = server.requests();
        assertThat(requests).hasSize(4);
        for (int i = 1; i < requests.size(); i++) {
            long waitedNs = requests.get(i).atNs() - requests.get(i - 1).atNs();
            assertThat(Duration.ofNanos(waitedNs))
                    .isGreaterThan(ScriptedGcs.QUICK.throttledDelay().dividedBy(2));
        }
    }

    @Test
    void aStoreThatAsksForNothingElseIsATransientErrorNeverADenial() {
        server.next(SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN);

        assertThatThrownBy(this::put)
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("asks to slow down")
                .hasMessageContaining("reason=rateLimitExceeded");
        assertThat(server.requests().stream().filter(it -> it.method().equals("POST")))
                .hasSize(ScriptedGcs.QUICK.attempts());
    }

    @Test
    void everyAttemptSendsTheWholeBodyUnderOneStamp() throws IOException {
        server.next(FAILED, Answer.of(502));

        put();

        List<Request> requests = server.requests();
        assertThat(requests).hasSize(3);
        assertThat(requests.stream().map(Request::text).distinct())
                .as("boundary and stamp are the same")
                .hasSize(1);
    }

    @Test
    void twoPutsHaveTwoStamps() throws IOException {
        put();
        put();

        assertThat(server.requests().stream().map(Request::text).distinct()).hasSize(2);
    }

    @Test
    void anObjectInTheWayIsReadBeforeItCountsAsAnothers() {
        Answer lost = Answer.error(412, "conditionNotMet");
        server.next(lost, THERE);
        assertThatThrownBy(this::put).isInstanceOf(ObjectStoreException.AlreadyExists.class);

        server.next(lost, Answer.error(403, "forbidden"));
        assertThatThrownBy(this::put)
                .as("it cannot be read, so whose it is stays open")
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("whose it is");
    }

    @Test
    void aRuleOfTheOrganisationIsNoLostRace() {
        server.next(Answer.error(412, "orgPolicyConstraintFailed"));

        assertThatThrownBy(this::put)
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("orgPolicyConstraintFailed");
    }

    @Test
    void readsAndListingsAreTriedAgainToo() throws IOException {
        server.next(FAILED, FAILED, new Answer(206, Map.of("Content-Range", "bytes 1-2/9"), "ab"));

        assertThat(store.get("k", ByteRange.span(1, 2)).objectBytes()).isEqualTo(9);

        server.next(FAILED, SLOW_DOWN);
        assertThat(store.list("", "", 10)).isEmpty();
        assertThat(server.requests()).hasSize(6);
    }

    @Test
    void aWrongBodyIsNotTriedAgain() throws IOException {
        byte[] content = new byte[100];
        ObjectBody body = ObjectBody.of(content);
        content[0] = 1;

        assertThatThrownBy(() -> store.put("k", body, PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("body differs");
        assertThat(store.list("", "", 1)).isEmpty();
    }

    @Test
    void keysThatAStoreWantsToDeleteLaterAreAskedAgainAlone() throws IOException {
        server.next(
                Answer.batch("204", "429 rateLimitExceeded", "404 notFound", "503 backendError"),
                Answer.batch("204", "204"));

        assertThat(store.delete(List.of("a", "b", "c", "d")))
                .containsOnlyKeys("a", "b", "c", "d")
                .values()
                .containsOnly(new DeleteResult.Deleted());

        assertThat(server.requests()).hasSize(2);
        assertThat(server.requests().get(1).text())
                .contains("/o/b ", "/o/d ")
                .doesNotContain("/o/a ");
    }

    @Test
    void aDeleteTellsOfEachKeyWhatTheStoreSaid() throws IOException {
        Answer busy = Answer.batch("503 backendError");
        server.next(
                Answer.batch(
                        "204", "404 notFound", "403 retentionPolicyNotMet", "503 backendError"),
                busy,
                busy,
                busy);

        var results = store.delete(List.of("done", "gone", "locked", "busy", "unsaid"));

        assertThat(results.get("done")).isEqualTo(new DeleteResult.Deleted());
        assertThat(results.get("gone")).isEqualTo(new DeleteResult.Deleted());
        assertThat(error(results.get("locked")))
                .isInstanceOf(ObjectStoreException.Denied.class)
                .hasMessageContaining("key=locked")
                .hasMessageContaining("retention policy or a hold");
        assertThat(error(results.get("busy"))).isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(error(results.get("unsaid")))
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("key=unsaid");
    }

    private static ObjectStoreException error(DeleteResult result) {
        return ((DeleteResult.Failed) result).error();
    }

    /// A look at the clock is a listing, as the service counts it.
    @Test
    void everyAttemptIsTold() throws IOException {
        List<String> told = new CopyOnWriteArrayList<>();
        RequestListener listener =
                (operation, status, elapsedNs) -> {
                    assertThat(elapsedNs).isPositive();
                    told.add(operation + " " + status);
                };
        try (ObjectStore watched = server.open(BucketSettings.NONE, ScriptedGcs.QUICK, listener)) {
            server.next(FAILED, SLOW_DOWN);
            watched.put("k", ObjectBody.of(new byte[1]), PutMode.OVERWRITE);
            assertThat(watched.head("k")).isEmpty();
            watched.delete(List.of("k"));
            var _ = watched.serverTime();
        }

        assertThat(told)
                .containsExactly(
                        "LIST 200",
                        "PUT 500",
                        "PUT 429",
                        "PUT 200",
                        "HEAD 404",
                        "DELETE 200",
                        "LIST 200");
    }

    /// Apache's client took it for one that ends there: an answer without its length or its range.
    @Test
    void aHeadThatBreaksOffIsNoAnswer() throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var _ = Thread.ofVirtual().start(() -> breakOff(listener));
            GcsAddress address =
                    GcsAddress.parse(
                            "//bucket?endpoint=http://127.0.0.1:" + listener.getLocalPort());
            try (ObjectStore broken =
                    GcsObjectStore.open(
                            address, FakeGcs.access(ScriptedGcs.QUICK, RequestListener.NONE))) {
                assertThatThrownBy(() -> broken.head("k"))
                        .isInstanceOf(ObjectStoreException.Transient.class)
                        .hasMessageContaining("broke off in its head");
                assertThatThrownBy(() -> broken.get("k", ByteRange.tail(1)))
                        .isInstanceOf(ObjectStoreException.Transient.class);
            }
        }
    }

    private static void breakOff(ServerSocket listener) {
        byte[] head = "HTTP/1.1 200 OK\r\nContent-Length: 1".getBytes(US_ASCII);
        try {
            while (true) {
                try (Socket client = listener.accept()) {
                    var _ = client.getInputStream().read(new byte[8_192]);
                    client.getOutputStream().write(head);
                }
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    @Test
    void anAnswerThatTricklesEndsWithTheAttempt() throws IOException {
        StoreLimits once =
                new StoreLimits(
                        8,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(20),
                        1 << 20,
                        1,
                        Duration.ofMillis(1),
                        Duration.ofMillis(1),
                        Duration.ofMillis(1));
        CountDownLatch stopped = new CountDownLatch(1);
        HttpServer slow = HttpServer.create(ScriptedGcs.loopback(), 0);
        slow.createContext(
                "/download",
                exchange -> {
                    try (exchange;
                            OutputStream out = exchange.getResponseBody()) {
                        exchange.sendResponseHeaders(200, 1_000_000);
                        while (!await(stopped)) {
                            out.write('x');
                            out.flush();
                        }
                    }
                });
        try (ScriptedGcs trickling = new ScriptedGcs(slow);
                ObjectStore patient =
                        trickling.open(BucketSettings.NONE, once, RequestListener.NONE)) {
            long startNs = System.nanoTime();

            assertThatThrownBy(() -> patient.get("k", ByteRange.tail(1_000)))
                    .isInstanceOf(ObjectStoreException.Transient.class)
                    .hasMessageContaining("no answer in time");

            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(10));
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            stopped.countDown();
        }
    }

    private static boolean await(CountDownLatch stopped) throws IOException {
        try {
            return stopped.await(100, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
