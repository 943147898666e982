// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class ColdLoadsTest {
    private static final PartitionId ID = new PartitionId(new Uuid(1, 1), 0);
    private static final int MIB = 1 << 20;

    private final AtomicLong now = new AtomicLong(1_000_000);
    private final ColdLoads<String> loads =
            new ColdLoads<>(() -> Instant.ofEpochMilli(now.get()), _ -> MIB);
    private final List<CompletableFuture<String>> started = new ArrayList<>();

    private CompletableFuture<String> get(long offset) {
        return loads.get(
                ID,
                offset,
                0,
                () -> {
                    CompletableFuture<String> load = new CompletableFuture<>();
                    started.add(load);
                    return load;
                });
    }

    @Test
    void readersOfOneOffsetShareALoadAndItsOutcomeIsGivenOutOnce() {
        CompletableFuture<String> _ = get(5);
        CompletableFuture<String> _ = get(5);
        assertThat(started).hasSize(1);

        started.getFirst().complete("bytes");

        assertThat(get(5)).isCompletedWithValue("bytes");
        assertThat(get(5)).isNotDone();
        assertThat(started).hasSize(2);
    }

    @Test
    void failureIsToldOnceAndThenTriedAgain() {
        CompletableFuture<String> _ = get(5);
        started.getFirst().completeExceptionally(new IOException("away"));

        assertThat(get(5)).isCompletedExceptionally();
        assertThat(get(5)).isNotDone();
    }

    @Test
    void whoIsWokenByALoadFindsItsOutcome() {
        List<Boolean> found = new ArrayList<>();
        CompletableFuture<Void> woken = get(5).thenRun(() -> found.add(get(5).isDone()));

        started.getFirst().complete("bytes");

        assertThat(woken).isDone();
        assertThat(found).containsExactly(true);
        assertThat(started).hasSize(1);
    }

    @Test
    void outcomesThatWaitAreBoundedInBytesAndTime() {
        for (int i = 0; i < 100; i++) {
            CompletableFuture<String> _ = get(i);
        }
        started.forEach(load -> load.complete("bytes"));
        assertThat(loads.waitingBytes()).isEqualTo(ColdLoads.WAITING_BYTES_MAX);

        now.addAndGet(ColdLoads.WAITS_AT_MOST.toMillis() + 1);
        CompletableFuture<String> _ = get(1_000);
        started.getLast().complete("late");

        assertThat(loads.waitingBytes()).isEqualTo(MIB);
        assertThat(get(99)).isNotDone();
    }
}
