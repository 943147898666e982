// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class FetchWaitersTest {
    private static final PartitionId ONE = new PartitionId(new Uuid(1, 1), 0);
    private static final PartitionId OTHER = new PartitionId(new Uuid(1, 1), 1);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ManualTimer timer = new ManualTimer();
    private final FetchWaiters waiters = new FetchWaiters(timer, Runnable::run, 3);

    @Test
    void wakesWhenOneOfThePartitionsAdvances() {
        CompletableFuture<Boolean> both = waiters.park(Set.of(ONE, OTHER), LONG);
        CompletableFuture<Boolean> one = waiters.park(Set.of(ONE), LONG);

        waiters.onApplied(Set.of(OTHER));

        assertThat(both).isCompletedWithValue(true);
        assertThat(one).isNotDone();
        assertThat(waiters.waiting()).isEqualTo(1);
    }

    @Test
    void timeThatIsOverWakesWithFalse() {
        CompletableFuture<Boolean> woken = waiters.park(Set.of(ONE), LONG);

        timer.runAll();

        assertThat(woken).isCompletedWithValue(false);
        assertThat(waiters.waiting()).isZero();
    }

    @Test
    void whoGivesUpLeavesNothingBehind() {
        CompletableFuture<Boolean> woken = waiters.park(Set.of(ONE), LONG);

        woken.complete(true);

        assertThat(waiters.waiting()).isZero();
        assertThat(timer.tasks).isEmpty();
        waiters.onApplied(Set.of(ONE));
    }

    @Test
    void aboveTheBoundNobodyWaits() {
        for (int i = 0; i < 3; i++) {
            assertThat(waiters.park(Set.of(ONE), LONG)).isNotDone();
        }

        assertThat(waiters.park(Set.of(ONE), LONG)).isCompletedWithValue(true);
        waiters.onApplied(Set.of(ONE));
        assertThat(waiters.park(Set.of(ONE), LONG)).isNotDone();
    }

    /// Time passes when the test says so.
    private static final class ManualTimer implements FetchWaiters.Delays {
        final List<Runnable> tasks = new ArrayList<>();

        void runAll() {
            List.copyOf(tasks).forEach(Runnable::run);
        }

        @Override
        public Runnable after(Runnable task, Duration delay) {
            tasks.add(task);
            return () -> tasks.remove(task);
        }
    }
}
