// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectStoreException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/// Fetches what a sequential reader will ask for next, in a window that doubles with every read
/// that begins where one ended, across the borders of objects. A reader is known by nothing but the
/// offset at which it will go on. What fails here fails again, and is told, when it is read.
///
/// Thread-safe; does not block the caller.
final class ReadAhead {
    private record Next(PartitionId partition, long offset) {}

    private final ColdSource source;
    private final ChunkCache chunks;
    private final Executor threads;
    private final ColdCounters counters;
    private final Cache<Next, Integer> readers =
            Caffeine.newBuilder()
                    .maximumSize(ColdLimits.AHEAD_READERS_MAX)
                    .executor(Runnable::run)
                    .build();
    private final Set<PartitionId> underWay = ConcurrentHashMap.newKeySet();
    private final Semaphore tasks = new Semaphore(ColdLimits.AHEAD_TASKS_MAX);

    /// @param source one that fetches
    ReadAhead(ColdSource source, ChunkCache chunks, Executor threads, ColdCounters counters) {
        this.source = source;
        this.chunks = chunks;
        this.threads = threads;
        this.counters = counters;
    }

    /// A read that began at `offset` was answered up to `endOffset`, which lies at `position` of
    /// the section in `place`.
    void served(
            PartitionView partition,
            long offset,
            long endOffset,
            Place.InSection place,
            long position) {
        Integer window = readers.asMap().remove(new Next(partition.id(), offset));
        int next =
                window == null
                        ? ColdLimits.AHEAD_BYTES_MIN / 2
                        : Math.min(ColdLimits.AHEAD_BYTES_MAX, 2 * window);
        readers.put(new Next(partition.id(), endOffset), next);
        if (window == null || !underWay.add(partition.id())) {
            return;
        }
        if (!tasks.tryAcquire()) {
            underWay.remove(partition.id());
            return;
        }
        threads.execute(() -> {
            try {
                fetch(partition, place, position, next);
            } catch (ObjectStoreException | CorruptObjectException | VersionTooNewException e) {
                counters.aheadFailures.increment();
            } finally {
                underWay.remove(partition.id());
                tasks.release();
            }
        });
    }

    private void fetch(PartitionView partition, Place.InSection from, long position, long window)
            throws ObjectStoreException {
        Place.InSection place = from;
        long at = position;
        long left = window;
        for (int objects = 0; objects <= ColdLimits.AHEAD_OBJECTS_MAX; objects++) {
            left -= expect(place, at, left);
            if (left <= 0) {
                return;
            }
            Optional<Place.InSection> next = next(partition, place.endOffset());
            if (next.isEmpty()) {
                return;
            }
            place = next.get();
            at = place.section().pointForOffset(place.fromOffset()).position();
        }
    }

    private Optional<Place.InSection> next(PartitionView partition, long offset)
            throws ObjectStoreException {
        long at = offset;
        for (int hops = 0; hops < ColdLimits.AHEAD_OBJECTS_MAX; hops++) {
            if (at >= partition.hotStart() || at >= partition.highWatermark()) {
                return Optional.empty();
            }
            Place place =
                    Locator.locate(source, partition, partition.archivedEnd(), at).orElseThrow();
            switch (place) {
                case Place.InSection in -> {
                    return Optional.of(in);
                }
                case Place.Hole hole -> at = hole.nextOffset();
            }
        }
        return Optional.empty();
    }

    /// Starts chunks from a position on; whole runs of them, so that a window that moves by one
    /// chunk does not cost a request for each.
    ///
    /// @return bytes of the window that lie in this section
    private long expect(Place.InSection place, long position, long window) {
        PackSection section = place.section();
        long rest = section.length() - position;
        if (rest <= 0) {
            return 0;
        }
        int first = section.chunkAt(position);
        int perRun = Math.max(1, ColdLimits.RUN_BYTES_MAX / section.chunkBytes());
        long wanted = Math.min(section.length(), position + window);
        int runs = section.chunkAt(wanted - 1) / perRun + 1;
        int end = Math.min(section.chunkCount(), runs * perRun);
        counters.aheadChunks.add(chunks.ahead(place.pack(), section, first, end));
        return rest;
    }
}
