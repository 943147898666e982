// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.broker.shard.PartitionView;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.AbortedTxn;
import io.varve.objectstore.ObjectStoreException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/// Reads a partition from the bucket: segments below archivedEnd, journals above. What is cached is
/// answered at once, from local disk at most; else the work goes to a thread of its own, and the
/// future ends with it or fails with a [ColdReadException].
///
/// An object that is not there makes the read look at the newest manifest and locate again; only
/// when that still names it is it an error. Thread-safe.
public final class ColdReader {
    private final ColdSource cached;
    private final ColdSource loading;
    private final ManifestCache manifests;
    private final ReadAhead ahead;
    private final Executor threads;
    private final ColdCounters counters;
    private final Semaphore reads = new Semaphore(ColdLimits.READS_MAX);

    ColdReader(
            ColdSource cached,
            ColdSource loading,
            ManifestCache manifests,
            ReadAhead ahead,
            Executor threads,
            ColdCounters counters) {
        this.cached = cached;
        this.loading = loading;
        this.manifests = manifests;
        this.ahead = ahead;
        this.threads = threads;
        this.counters = counters;
    }

    /// Something that is read, from either source.
    @FunctionalInterface
    private interface Attempt<T> {
        Optional<T> run(ColdSource source, long archivedEnd) throws ObjectStoreException;
    }

    /// Whole batches from an offset on.
    ///
    /// @param offset at least logStart, below the high watermark
    /// @param maxBytes of all batches, but the first one comes in any case; no more than 4 MiB
    ///   count
    public CompletableFuture<ColdRead> read(PartitionView partition, long offset, int maxBytes) {
        counters.reads.increment();
        int bytesMax = Math.clamp(maxBytes, 0, ColdLimits.READ_BYTES_MAX);
        return start(
                partition,
                offset,
                (source, archivedEnd) ->
                        new RangeRead(cached, ahead, counters)
                                .read(source, partition, archivedEnd, offset, bytesMax));
    }

    /// Aborted transactions that touch `[from, to)`, as the segments' indexes tell them: for bytes
    /// that are read from local disk although they are archived.
    public CompletableFuture<List<AbortedTxn>> abortedIn(
            PartitionView partition, long from, long to) {
        return start(
                partition,
                from,
                (source, archivedEnd) ->
                        AbortedLookup.find(source, partition, from, Math.min(to, archivedEnd)));
    }

    /// The first record in `[from, to)` at or after a time.
    public CompletableFuture<Optional<TimedOffset>> firstAtTime(
            PartitionView partition, long from, long to, long timestampMs) {
        return start(
                partition,
                from,
                (source, archivedEnd) ->
                        TimeLookup.firstAtTime(
                                source, partition, archivedEnd, from, to, timestampMs));
    }

    /// The first record in `[from, to)` with the largest timestamp.
    public CompletableFuture<Optional<TimedOffset>> maxTime(
            PartitionView partition, long from, long to) {
        return start(
                partition,
                from,
                (source, archivedEnd) ->
                        TimeLookup.maxTime(source, partition, archivedEnd, from, to));
    }

    private <T> CompletableFuture<T> start(
            PartitionView partition, long offset, Attempt<T> attempt) {
        try {
            Optional<T> here = attempt.run(cached, partition.archivedEnd());
            if (here.isPresent()) {
                counters.readsFromCache.increment();
                return CompletableFuture.completedFuture(here.get());
            }
        } catch (ObjectStoreException | CorruptObjectException e) {
            // What is cached may be out of date: the slow way finds out, and tells.
        }
        CompletableFuture<T> outcome = new CompletableFuture<>();
        if (!reads.tryAcquire()) {
            counters.readFailures.increment();
            outcome.completeExceptionally(
                    new ColdReadException.Unavailable(
                            "too many reads wait for the bucket: limit=" + ColdLimits.READS_MAX,
                            null));
            return outcome;
        }
        threads.execute(() -> {
            try {
                outcome.complete(load(partition, offset, attempt));
            } catch (ColdReadException | RuntimeException | Error failure) {
                counters.readFailures.increment();
                outcome.completeExceptionally(failure);
            } finally {
                reads.release();
            }
        });
        return outcome;
    }

    private <T> T load(PartitionView partition, long offset, Attempt<T> attempt)
            throws ColdReadException {
        String missing = "";
        long archivedEnd = partition.archivedEnd();
        try {
            for (int relocations = 0; ; relocations++) {
                try {
                    return attempt.run(loading, archivedEnd).orElseThrow();
                } catch (ObjectStoreException.NotFound e) {
                    String message = String.valueOf(e.getMessage());
                    if (message.equals(missing) || relocations == ColdLimits.RELOCATIONS_MAX) {
                        throw new ColdReadException.MissingObject(message, e);
                    }
                    missing = message;
                    archivedEnd = relocate(partition, offset);
                }
            }
        } catch (ObjectStoreException.InvalidRange | CorruptObjectException e) {
            throw new ColdReadException.CorruptCold(String.valueOf(e.getMessage()), e);
        } catch (ObjectStoreException | VersionTooNewException e) {
            throw new ColdReadException.Unavailable(String.valueOf(e.getMessage()), e);
        }
    }

    /// Looks at the newest manifest.
    ///
    /// @return where segments end by what is known now
    private long relocate(PartitionView partition, long offset)
            throws ObjectStoreException, ColdReadException {
        Optional<PartitionManifest> newest = manifests.newest(partition);
        if (newest.isEmpty()) {
            return partition.archivedEnd();
        }
        PartitionManifest manifest = newest.get();
        if (offset < manifest.logStart()) {
            throw new ColdReadException.Gone(
                    "offset was deleted: partition="
                            + partition.id()
                            + ", offset="
                            + offset
                            + ", logStart="
                            + manifest.logStart(),
                    manifest.logStart());
        }
        return manifest.generation() == partition.shard().generation()
                ? Math.clamp(
                        manifest.archivedEnd(), partition.archivedEnd(), partition.highWatermark())
                : partition.archivedEnd();
    }
}
