// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.manifest.PartitionId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// Loads from the bucket for which readers were sent away: one per partition and offset. Its
/// outcome waits here for the reader to come back, also a failure, which is told once; so a reader
/// gets on even where no cache could keep the bytes. Bounded: the oldest outcomes go first, and
/// soon.
///
/// Thread-safe.
final class ColdLoads<V> {
    /// Bytes of outcomes that wait.
    static final int WAITING_BYTES_MAX = 16 << 20;

    /// An outcome counts for at least this much: it may hold on to a larger buffer.
    static final int OUTCOME_BYTES_MIN = 64 << 10;

    static final Duration WAITS_AT_MOST = Duration.ofSeconds(10);

    private record Key(PartitionId partition, long offset, long until) {}

    private record Waiting<V>(CompletableFuture<V> load, long sinceMs, int bytes) {}

    private final InstantSource clock;
    private final ToIntFunction<V> size;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Key, CompletableFuture<V>> underWay = new HashMap<>(); // guarded by lock
    private final LinkedHashMap<Key, Waiting<V>> ended = new LinkedHashMap<>(); // guarded by lock
    private long endedBytes; // guarded by lock

    ColdLoads(InstantSource clock, ToIntFunction<V> size) {
        this.clock = clock;
        this.size = size;
    }

    /// The load for an offset: the one under way, the one that ended and waited, or else a new one.
    /// An ended one is given out once.
    ///
    /// @param until tells apart loads from one offset, where their end matters
    CompletableFuture<V> get(
            PartitionId partition, long offset, long until, Supplier<CompletableFuture<V>> start) {
        Key key = new Key(partition, offset, until);
        Optional<CompletableFuture<V>> known = known(key);
        if (known.isPresent()) {
            return known.get();
        }
        CompletableFuture<V> load = start.get();
        if (load.isDone()) {
            return load;
        }
        lock.lock();
        try {
            CompletableFuture<V> other = underWay.putIfAbsent(key, load);
            if (other != null) {
                return other;
            }
        } finally {
            lock.unlock();
        }
        // Dependents of this one run after the outcome is put down: whoever is woken finds it.
        CompletableFuture<V> told = load.whenComplete((value, _) -> ended(key, load, value));
        replace(key, load, told);
        return told;
    }

    private void replace(Key key, CompletableFuture<V> load, CompletableFuture<V> told) {
        lock.lock();
        try {
            underWay.replace(key, load, told);
        } finally {
            lock.unlock();
        }
    }

    private Optional<CompletableFuture<V>> known(Key key) {
        lock.lock();
        try {
            CompletableFuture<V> load = underWay.get(key);
            if (load != null) {
                return Optional.of(load);
            }
            Waiting<V> waiting = ended.remove(key);
            if (waiting == null) {
                return Optional.empty();
            }
            endedBytes -= waiting.bytes();
            boolean stale = clock.millis() - waiting.sinceMs() > WAITS_AT_MOST.toMillis();
            return stale ? Optional.empty() : Optional.of(waiting.load());
        } finally {
            lock.unlock();
        }
    }

    private void ended(Key key, CompletableFuture<V> load, @Nullable V value) {
        int bytes = Math.max(OUTCOME_BYTES_MIN, value == null ? 0 : size.applyAsInt(value));
        long now = clock.millis();
        lock.lock();
        try {
            underWay.remove(key);
            Waiting<V> before = ended.remove(key);
            endedBytes += before == null ? bytes : bytes - before.bytes();
            ended.put(key, new Waiting<>(load, now, bytes));
            Iterator<Map.Entry<Key, Waiting<V>>> oldest = ended.entrySet().iterator();
            while (oldest.hasNext()) {
                Map.Entry<Key, Waiting<V>> entry = oldest.next();
                boolean old = now - entry.getValue().sinceMs() > WAITS_AT_MOST.toMillis();
                if (!old && endedBytes <= WAITING_BYTES_MAX) {
                    break;
                }
                endedBytes -= entry.getValue().bytes();
                oldest.remove();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Bytes of outcomes that wait now.
    long waitingBytes() {
        lock.lock();
        try {
            return endedBytes;
        } finally {
            lock.unlock();
        }
    }
}
