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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Long polls that wait for partitions to advance, all on one timer. Thread-safe.
///
/// Wakes a waiter on the executor given, so that the apply thread does nothing but hand over.
public final class FetchWaiters implements FetchParking, ShardListener {
    private final ScheduledExecutorService timer;
    private final Executor wakers;
    private final int waitersMax;
    private final AtomicInteger waiting = new AtomicInteger();
    private final ConcurrentHashMap<PartitionId, Set<Waiter>> byPartition =
            new ConcurrentHashMap<>();

    /// @param timer for the time limits of all; should drop what is cancelled
    /// @param wakers runs what waits for a waiter
    /// @param waitersMax above it nobody waits any longer
    public FetchWaiters(ScheduledExecutorService timer, Executor wakers, int waitersMax) {
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
        ScheduledFuture<?> timeout =
                timer.schedule(
                        () -> wakers.execute(() -> woken.complete(false)),
                        Math.max(0, atMost.toNanos()),
                        TimeUnit.NANOSECONDS);
        CompletableFuture<Boolean> _ =
                woken.whenComplete((_, _) -> {
                    waiting.decrementAndGet();
                    timeout.cancel(false);
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
