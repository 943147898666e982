// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.RequestCounts;
import java.util.concurrent.atomic.LongAdder;

/// Counts what the cold read path does, exactly, since the start. Thread-safe.
public final class ColdCounters {
    final LongAdder reads = new LongAdder();
    final LongAdder readsFromCache = new LongAdder();
    final LongAdder readFailures = new LongAdder();
    final LongAdder bytesServed = new LongAdder();
    final LongAdder memoryHits = new LongAdder();
    final LongAdder diskHits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder diskDamaged = new LongAdder();
    final LongAdder diskFailures = new LongAdder();
    final LongAdder diskSkipped = new LongAdder();
    final LongAdder evictions = new LongAdder();
    final LongAdder aheadChunks = new LongAdder();
    final LongAdder aheadFailures = new LongAdder();
    final LongAdder aheadUnread = new LongAdder();

    private final CountingObjectStore requests;

    /// @param requests the store that all cold reads go through
    ColdCounters(CountingObjectStore requests) {
        this.requests = requests;
    }

    /// The counts at one moment.
    ///
    /// @param reads reads asked for
    /// @param readsFromCache those that needed nothing from the bucket
    /// @param readFailures those that failed
    /// @param bytesServed bytes of batches handed out
    /// @param memoryHits chunks found in memory
    /// @param diskHits chunks found in the disk cache
    /// @param misses chunks that a read had to wait for
    /// @param diskDamaged cached files that were damaged or gone, and so fetched again
    /// @param diskFailures chunks that could not be written to the cache
    /// @param diskSkipped answers of the bucket that were not cached on disk, because the disk is
    ///   slower than the bucket
    /// @param evictions cached files that left because of space
    /// @param requests requests to the bucket, for manifests and indexes too
    /// @param requestFailures those that failed
    /// @param bytesFetched bytes of them
    /// @param aheadChunks chunks asked for by read-ahead
    /// @param aheadFailures read-ahead that ended early: whoever reads there is told why
    /// @param aheadUnread answers to read-ahead that left memory before anybody asked for them
    public record Snapshot(
            long reads,
            long readsFromCache,
            long readFailures,
            long bytesServed,
            long memoryHits,
            long diskHits,
            long misses,
            long diskDamaged,
            long diskFailures,
            long diskSkipped,
            long evictions,
            long requests,
            long requestFailures,
            long bytesFetched,
            long aheadChunks,
            long aheadFailures,
            long aheadUnread) {}

    private static long failures(RequestCounts counts) {
        return counts.byOperation().values().stream()
                .mapToLong(RequestCounts.OperationCounts::failures)
                .sum();
    }

    public Snapshot snapshot() {
        RequestCounts store = requests.counts();
        return new Snapshot(
                reads.sum(),
                readsFromCache.sum(),
                readFailures.sum(),
                bytesServed.sum(),
                memoryHits.sum(),
                diskHits.sum(),
                misses.sum(),
                diskDamaged.sum(),
                diskFailures.sum(),
                diskSkipped.sum(),
                evictions.sum(),
                store.requests(),
                failures(store),
                store.bytesIn(),
                aheadChunks.sum(),
                aheadFailures.sum(),
                aheadUnread.sum());
    }
}
