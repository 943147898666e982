// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.s3.ScriptedS3.Answer;
import io.varve.objectstore.s3.ScriptedS3.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is asked again, how often, how fast, and what comes of it in the end.
final class S3RetryTest {
    private static final Answer SLOW_DOWN = Answer.error(503, "SlowDown");
    private static final Answer CONFLICT = Answer.error(409, "ConditionalRequestConflict");
    private static final Answer THERE =
            new Answer(206, Map.of("Content-Range", "bytes 0-0/7"), "x")
                    .with("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT")
                    .with("x-amz-meta-varve-put", "another");

    private ScriptedS3 server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedS3();
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
        server.next(SLOW_DOWN, Answer.error(429, "TooManyRequests"), SLOW_DOWN);

        assertThat(put().bytes()).isEqualTo(100);

        List<Request> requests = server.requests();
        assertThat(requests).hasSize(4);
        for (int i = 1; i < requests.size(); i++) {
            long waitedNs = requests.get(i).atNs() - requests.get(i - 1).atNs();
            assertThat(Duration.ofNanos(waitedNs))
                    .isGreaterThan(ScriptedS3.QUICK.throttledDelay().dividedBy(2));
        }
    }

    @Test
    void aStoreThatAsksForNothingElseIsATransientErrorNeverADenial() {
        server.next(SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN);

        assertThatThrownBy(this::put)
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("asks to slow down")
                .hasMessageContaining("code=SlowDown");
        assertThat(server.requests().stream().filter(it -> it.method().equals("PUT")))
                .hasSize(ScriptedS3.QUICK.attempts());
    }

    @Test
    void everyAttemptSendsTheWholeBodyUnderOneStamp() throws IOException {
        server.next(Answer.error(500, "InternalError"), Answer.error(502, ""));

        put();

        List<Request> requests = server.requests();
        assertThat(requests)
                .hasSize(3)
                .allMatch(it -> it.header("x-amz-decoded-content-length").equals("100"))
                .allMatch(it -> it.body().length > 100);
        assertThat(requests.stream().map(it -> it.header("x-amz-meta-varve-put")).distinct())
                .hasSize(1)
                .doesNotContainNull();
    }

    @Test
    void twoPutsHaveTwoStamps() throws IOException {
        put();
        put();

        assertThat(
                        server.requests().stream()
                                .map(it -> it.header("x-amz-meta-varve-put"))
                                .distinct())
                .hasSize(2);
    }

    @Test
    void aConflictIsTriedAgainAndCanBeWon() throws IOException {
        server.next(CONFLICT, CONFLICT);

        assertThat(put().key()).isEqualTo("k");
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void aConflictToTheEndIsLostOnlyWhenAnotherObjectIsThere() {
        server.next(CONFLICT, CONFLICT, CONFLICT, CONFLICT, THERE);
        assertThatThrownBy(this::put).isInstanceOf(ObjectStoreException.AlreadyExists.class);

        server.next(CONFLICT, CONFLICT, CONFLICT, CONFLICT);
        assertThatThrownBy(this::put)
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("ConditionalRequestConflict");
    }

    @Test
    void anObjectInTheWayIsReadBeforeItCountsAsAnothers() {
        server.next(Answer.error(412, "PreconditionFailed"), THERE);
        assertThatThrownBy(this::put).isInstanceOf(ObjectStoreException.AlreadyExists.class);

        server.next(Answer.error(412, "PreconditionFailed"), Answer.of(403));
        assertThatThrownBy(this::put)
                .as("it cannot be read, so whose it is stays open")
                .isInstanceOf(ObjectStoreException.Transient.class)
                .hasMessageContaining("whose it is");
    }

    @Test
    void readsAndListingsAreTriedAgainToo() throws IOException {
        Answer failed = Answer.error(500, "InternalError");
        server.next(failed, failed, new Answer(206, Map.of("Content-Range", "bytes 1-2/9"), "ab"));

        assertThat(store.get("k", ByteRange.span(1, 2)).objectBytes()).isEqualTo(9);

        server.next(failed, SLOW_DOWN);
        assertThat(store.list("", "", 10)).isEmpty();
        assertThat(server.requests()).hasSize(6);
    }

    @Test
    void aWrongBodyIsNotTriedAgain() throws IOException {
        byte[] content = new byte[100];
        ObjectBody body = ObjectBody.of(content);
        content[0] = 1;

        // The second way reads the body before it is sent, to sign it.
        for (String parameters : List.of("", "&checksums=required")) {
            try (ObjectStore other = server.open(parameters)) {
                assertThatThrownBy(() -> other.put("k", body, PutMode.IF_ABSENT))
                        .isInstanceOf(ObjectStoreException.Denied.class)
                        .hasMessageContaining("body differs");
            }
            assertThat(server.requests()).noneMatch(it -> it.method().equals("PUT"));
        }
    }
}
