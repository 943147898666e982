// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.StepResult;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Jobs that go wrong.
final class BackgroundLoopsTest {
    private final BackgroundLoops loops = new BackgroundLoops(() -> Instant.ofEpochMilli(7_000));

    @Test
    void aJobThatThrowsIsBegunAgainAndItsLastSuccessTells() {
        AtomicInteger steps = new AtomicInteger();
        try (loops) {
            loops.step(
                    "job",
                    () -> {
                        if (steps.incrementAndGet() == 1) {
                            throw new IllegalStateException("told to");
                        }
                        return new StepResult.Idle(60_000);
                    });
            Awaitility.await().until(() -> steps.get() == 1);
            assertThat(loops.lastSuccessMs("job")).isZero();

            Awaitility.await()
                    .atMost(4 * BackgroundLoops.FAILED_MS, TimeUnit.MILLISECONDS)
                    .until(() -> loops.lastSuccessMs("job") == 7_000);
            assertThat(loops.names()).containsExactly("job");
        }
    }

    @Test
    void aJobThatOnlyFailsNeverSucceeded() {
        AtomicInteger steps = new AtomicInteger();
        try (loops) {
            loops.step(
                    "job",
                    () -> {
                        steps.incrementAndGet();
                        return new StepResult.Failed("told to", new IOException("no"));
                    });
            Awaitility.await().until(() -> steps.get() == 1);

            assertThat(loops.lastSuccessMs("job")).isZero();
        }
    }
}
