// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.ShardId;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executor;

/// The cold tier of one broker: its reader, its caches, its counters, and where shards tell which
/// journals there are. Thread-safe.
public final class ColdTier {
    private final ColdCounters counters;
    private final DiskBlocks disk;
    private final ChunkCache chunks;
    private final JournalIndexes journals;
    private final ColdReader reader;

    /// @param cacheDirectory made when absent; what an earlier process left in it is deleted. Not
    ///   used when the bucket is a directory on the same file system
    /// @param cacheBytesMax `cache.bytes`
    /// @param threads a thread per task, which may block: virtual threads
    /// @throws IOException the directory cannot be used
    public ColdTier(ObjectStore store, Path cacheDirectory, long cacheBytesMax, Executor threads)
            throws IOException {
        this(store, cacheDirectory, cacheBytesMax, threads, ColdSizes.DEFAULT);
    }

    ColdTier(
            ObjectStore store,
            Path cacheDirectory,
            long cacheBytesMax,
            Executor threads,
            ColdSizes sizes)
            throws IOException {
        CountingObjectStore counting = new CountingObjectStore(store);
        this.counters = new ColdCounters(counting);
        ChunkMemory memory = new ChunkMemory(sizes.memoryBytesMax(), counters);
        BlockFiles.empty(cacheDirectory);
        this.disk =
                isOnFileSystemOf(cacheDirectory, store)
                        ? new DiskBlocks.None()
                        : new BlockFiles(
                                cacheDirectory,
                                cacheBytesMax,
                                sizes.writeBytesMax(),
                                threads,
                                counters);
        this.chunks =
                new ChunkCache(
                        memory,
                        disk,
                        new ChunkFetches(counting, threads, memory, disk, sizes),
                        counters);
        PackIndexCache packs = new PackIndexCache(counting, chunks, ColdLimits.INDEX_BYTES_MAX);
        ManifestCache manifests = new ManifestCache(counting, ColdLimits.MANIFEST_BYTES_MAX);
        this.journals = new JournalIndexes(packs, threads);
        ColdSource cached = new ColdSource.Cached(manifests, journals, packs, chunks);
        ColdSource loading = new ColdSource.Loading(manifests, journals, packs, chunks);
        ReadAhead ahead = new ReadAhead(loading, chunks, threads, counters);
        this.reader = new ColdReader(cached, loading, manifests, ahead, threads, counters);
    }

    private static boolean isOnFileSystemOf(Path directory, ObjectStore store) throws IOException {
        Optional<Path> bucket = store.directory();
        return bucket.isPresent()
                && Files.getFileStore(bucket.get()).equals(Files.getFileStore(directory));
    }

    public ColdReader reader() {
        return reader;
    }

    /// Where a shard tells which journals there are; made when first asked for.
    public JournalIndex journals(ShardId shard) {
        return journals.of(shard);
    }

    /// A shard left this broker.
    public void forget(ShardId shard) {
        journals.forget(shard);
    }

    public ColdCounters.Snapshot counters() {
        return counters.snapshot();
    }

    /// Bytes that the disk cache holds now.
    public long cacheBytes() {
        return disk.bytes();
    }
}
