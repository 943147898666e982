// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreContract;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestMeter;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// A governed bucket is a bucket.
final class GovernedBucketTest extends ObjectStoreContract {
    private final RequestMeter meter = new RequestMeter();
    private final StoreGovernor governor =
            new StoreGovernor(
                    new GovernorLimits(
                            GovernorLimits.UNLIMITED_REQUESTS,
                            4,
                            GovernorLimits.UNLIMITED_BYTES,
                            Duration.ofSeconds(30)),
                    System::nanoTime);

    @Override
    protected ObjectStore emptyStore(Path directory) {
        return new GovernedBucket(new MemoryObjectStore(InstantSource.system()), governor, meter)
                .as(Priority.READ);
    }

    @Test
    void bytesThatMovedAreMetered() throws IOException {
        store().put("k", ObjectBody.of(new byte[100]), PutMode.IF_ABSENT);
        assertThatThrownBy(() -> store().put("k", ObjectBody.of(new byte[7]), PutMode.IF_ABSENT))
                .isInstanceOf(ObjectStoreException.AlreadyExists.class);
        store().get("k", ByteRange.span(90, 1_000_000));

        assertThat(meter.sentBytes()).isEqualTo(100);
        assertThat(meter.readBytes()).isEqualTo(10);
        assertThat(governor.inFlight(Priority.READ)).isZero();
    }

    @Test
    void whatIsRefusedGivesItsSlotBack() {
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> store().head("no key"))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(governor.inFlight(Priority.READ)).isZero();
    }

    @Test
    void limitsAreTheGivenOnesElseThoseOfTheKindOfStore() {
        GovernorLimits service = GovernorLimits.of("s3://b", BucketSettings.Rates.NONE);
        assertThat(service.requestsPerSecond()).isEqualTo(GovernorLimits.SERVICE_REQUESTS);
        assertThat(service.requestsInFlight()).isEqualTo(64);
        assertThat(service.bytesPerSecond()).isEqualTo(GovernorLimits.UNLIMITED_BYTES);
        assertThat(GovernorLimits.of("file:///d", BucketSettings.Rates.NONE).requestsPerSecond())
                .isEqualTo(GovernorLimits.UNLIMITED_REQUESTS);

        BucketSettings.Rates given =
                new BucketSettings.Rates(
                        OptionalLong.of(5), OptionalLong.of(6), OptionalLong.of(7));
        assertThat(GovernorLimits.of("mem:", given))
                .isEqualTo(new GovernorLimits(5, 6, 7, GovernorLimits.WAIT_MAX));
    }
}
