// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/// Long polls that wait for partitions to advance, all on one timer. Thread-safe.
///
/// Wakes a waiter on the executor given, so that the apply thread does nothing but hand over.
public final class FetchWaiters implements FetchParking, ShardListener {
    /// Runs tasks later. Thread-safe; does not block.
    @FunctionalInterface
    public interface Delays {
        /// Runs `task` once after `delay`.
        ///
        /// @return cancels it; harmless when it has run
        Runnable after(Runnable task, Duration delay);
    }

    private final Delays timer;
    private final Executor wakers;
    private final int waitersMax;
    private final AtomicInteger waiting = new AtomicInteger();
    private final ConcurrentHashMap<PartitionId, Set<Waiter>> byPartition =
            new ConcurrentHashMap<>();

    /// @param timer for the time limits of all; should drop what is cancelled
    /// @param wakers runs what waits for a waiter
    /// @param waitersMax above it nobody waits any longer
    public FetchWaiters(Delays timer, Executor wakers, int waitersMax) {
        this.timer = timer;
        this.wakers = wakers;
        this.waitersMax = waitersMax;
    }

    @Override
    public CompletableFuture<Boolean> park(Set<PartitionId> partitions, Duration atMost) {
        CompletableFuture<Boolean> woken = new CompletableFuture<>();
        if (waiting.incrementAndGet() > waitersMax) {
            waiting.decrementAndGet();
            woken.complete(true);
            return woken;
        }
        Waiter waiter = new Waiter(woken);
        Set<PartitionId> parked = Set.copyOf(partitions);
        for (PartitionId id : parked) {
            byPartition.compute(
                    id,
                    (_, waiters) -> {
                        Set<Waiter> all =
                                waiters == null ? ConcurrentHashMap.newKeySet(2) : waiters;
                        all.add(waiter);
                        return all;
                    });
        }
        Runnable cancel = timer.after(() -> wakers.execute(() -> woken.complete(false)), atMost);
        CompletableFuture<Boolean> _ =
                woken.whenComplete((_, _) -> {
                    waiting.decrementAndGet();
                    cancel.run();
                    parked.forEach(id -> leave(id, waiter));
                });
        return woken;
    }

    private void leave(PartitionId id, Waiter waiter) {
        byPartition.computeIfPresent(
                id,
                (_, waiters) -> {
                    waiters.remove(waiter);
                    return waiters.isEmpty() ? null : waiters;
                });
    }

    @Override
    public void onApplied(Set<PartitionId> changed) {
        Set<Waiter> woken = new HashSet<>();
        for (PartitionId id : changed) {
            Set<Waiter> waiters = byPartition.get(id);
            if (waiters != null) {
                woken.addAll(waiters);
            }
        }
        for (Waiter waiter : woken) {
            wakers.execute(() -> waiter.woken.complete(true));
        }
    }

    /// Fetches that wait now.
    public int waiting() {
        return waiting.get();
    }

    /// One long poll; the same only as itself.
    private static final class Waiter {
        private final CompletableFuture<Boolean> woken;

        Waiter(CompletableFuture<Boolean> woken) {
            this.woken = woken;
        }
    }
}
