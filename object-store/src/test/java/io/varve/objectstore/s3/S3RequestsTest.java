// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.RequestMeter;
import io.varve.objectstore.StoreAccess;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.governed.GovernedBucket;
import io.varve.objectstore.governed.GovernorLimits;
import io.varve.objectstore.governed.Priority;
import io.varve.objectstore.governed.StoreGovernor;
import io.varve.objectstore.s3.ScriptedS3.Answer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/// Every request that goes over the wire is told of, once; the server's own list is the witness.
final class S3RequestsTest {
    private static final Answer FAILED = Answer.error(500, "InternalError");
    private static final Answer SLOW_DOWN = Answer.error(503, "SlowDown");

    private final RequestMeter meter = new RequestMeter();
    private final AtomicLong elapsedNs = new AtomicLong();
    private ScriptedS3 server;
    private ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedS3();
        RequestListener timed = (operation, status, ns) -> elapsedNs.addAndGet(ns);
        store = open(meter.and(timed));
    }

    private ObjectStore open(RequestListener listener) throws ObjectStoreException {
        return S3ObjectStore.open(
                S3Address.parse("//bucket?endpoint=" + server.endpoint()),
                StaticCredentialsProvider.create(
                        AwsBasicCredentials.create("user", ScriptedS3.SECRET)),
                new StoreAccess(BucketSettings.NONE, ScriptedS3.QUICK, listener, new Random(1)));
    }

    @AfterEach
    void stop() {
        store.close();
        server.close();
    }

    @Test
    void openingIsOneListing() {
        assertThat(meter.snapshot().byStatus())
                .isEqualTo(Map.of(StoreOperation.LIST, Map.of(200, 1L)));
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void everyAttemptIsCountedWithItsOwnStatus() throws IOException {
        server.next(FAILED, SLOW_DOWN, Answer.of(200));
        store.put("k", ObjectBody.of(new byte[100]), PutMode.IF_ABSENT);
        server.next(FAILED, new Answer(206, Map.of("Content-Range", "bytes 1-2/9"), "ab"));
        store.get("k", ByteRange.span(1, 2));
        store.head("missing");
        store.delete(List.of("a", "b"));
        store.serverTime();

        RequestMeter.Snapshot counts = meter.snapshot();
        assertThat(counts.byStatus().get(StoreOperation.PUT))
                .isEqualTo(Map.of(500, 1L, 503, 1L, 200, 1L));
        assertThat(counts.byStatus().get(StoreOperation.GET))
                .as("a head reads the first byte")
                .isEqualTo(Map.of(500, 1L, 206, 1L, 404, 1L));
        assertThat(counts.requests(StoreOperation.DELETE)).isEqualTo(1);
        assertThat(counts.requests(StoreOperation.LIST, 200)).as("opening, the clock").isEqualTo(2);
        assertThat(counts.requests()).isEqualTo(server.requests().size());
        assertThat(counts.puts()).isEqualTo(3 + 2);
        assertThat(counts.gets()).isEqualTo(2 + 1);
        assertThat(elapsedNs).hasPositiveValue();
    }

    @Test
    void aThrottledBucketSlowsItsGovernorDownAndServes() throws IOException {
        StoreGovernor governor =
                new StoreGovernor(
                        GovernorLimits.of("s3://bucket", BucketSettings.Rates.NONE),
                        System::nanoTime);
        try (ObjectStore governed =
                new GovernedBucket(open(meter.and(governor)), governor, meter)
                        .allAs(Priority.JOURNAL)) {
            server.next(SLOW_DOWN, SLOW_DOWN);

            assertThat(governed.put("k", ObjectBody.of(new byte[9]), PutMode.IF_ABSENT).bytes())
                    .isEqualTo(9);
            assertThat(governor.throttled()).isEqualTo(2);
            assertThat(governor.requestsPerSecond()).isLessThan(100);
            assertThat(governed.head("k")).as("and goes on").isEmpty();
        }
    }

    @Test
    void aGovernedBucketIsClosedByWhoeverHasItAloneOnly() throws IOException {
        StoreGovernor governor =
                new StoreGovernor(
                        GovernorLimits.of("s3://bucket", BucketSettings.Rates.NONE),
                        System::nanoTime);
        GovernedBucket bucket = new GovernedBucket(open(governor), governor, meter);
        ObjectStore alone = bucket.allAs(Priority.READ);

        bucket.as(Priority.JOURNAL).close();
        assertThat(alone.head("k")).isEmpty();
        alone.close();
        assertThatThrownBy(() -> alone.head("k"))
                .isInstanceOf(ObjectStoreException.Transient.class);
    }

    @Test
    void requestsThatGetNoAnswerCountWithStatusZero() {
        server.close();

        assertThatThrownBy(() -> store.get("k", ByteRange.span(0, 1)))
                .isInstanceOf(ObjectStoreException.Transient.class);

        assertThat(meter.snapshot().byStatus().get(StoreOperation.GET))
                .isEqualTo(Map.of(0, (long) ScriptedS3.QUICK.attempts()));
    }
}
