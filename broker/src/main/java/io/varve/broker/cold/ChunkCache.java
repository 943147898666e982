// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// The one cache for bytes of packs: on disk, with a little memory in front of it. A chunk's CRC32C
/// is checked when it arrives and when it is read back from disk; a damaged file is fetched again.
/// A load belongs to the cache: whoever asks meanwhile shares it, and it ends also when nobody
/// waits any more. Failures are not kept.
///
/// Thread-safe. Buffers handed out are read-only in spirit: they are shared.
final class ChunkCache {
    private record ChunkId(String object, long position) {}

    private final ObjectStore store;
    private final Executor threads;
    private final ColdCounters counters;
    private final BlockFiles files;
    private final Cache<ChunkId, ByteBuffer> memory;
    private final ConcurrentHashMap<BlockKey, CompletableFuture<ByteBuffer>> loads =
            new ConcurrentHashMap<>();
    private final Semaphore requests = new Semaphore(ColdLimits.LOADS_MAX);

    /// @param threads one thread per task, which may block: virtual threads
    ChunkCache(
            ObjectStore store,
            Path directory,
            long diskBytesMax,
            Executor threads,
            ColdCounters counters)
            throws IOException {
        this.store = store;
        this.threads = threads;
        this.counters = counters;
        this.files = new BlockFiles(directory, diskBytesMax, counters);
        this.memory =
                Caffeine.newBuilder()
                        .maximumWeight(ColdLimits.MEMORY_BYTES_MAX)
                        .weigher((ChunkId _, ByteBuffer chunk) -> chunk.capacity())
                        .executor(Runnable::run)
                        .build();
    }

    /// A chunk that is here, checked; empty when it must be fetched.
    Optional<ByteBuffer> cached(PackRef pack, PackSection section, int chunk) {
        ChunkId id = new ChunkId(pack.key(), BlockKey.positionOf(section, chunk));
        ByteBuffer inMemory = memory.getIfPresent(id);
        if (inMemory != null) {
            counters.memoryHits.increment();
            return Optional.of(inMemory.duplicate());
        }
        BlockKey block = BlockKey.of(pack, section, chunk);
        Optional<ByteBuffer> onDisk =
                files.read(
                        block,
                        Math.toIntExact(id.position() - block.position()),
                        section.chunkLength(chunk));
        if (onDisk.isEmpty()) {
            return Optional.empty();
        }
        try {
            PackReader.checkChunk(pack.key(), section, chunk, onDisk.get());
        } catch (CorruptObjectException e) {
            counters.diskDamaged.increment();
            files.drop(block); // the object itself may be whole
            return Optional.empty();
        }
        counters.diskHits.increment();
        memory.put(id, onDisk.get());
        return Optional.of(onDisk.get().duplicate());
    }

    /// A chunk, fetched when it is not here. Blocks.
    ///
    /// @throws CorruptObjectException the object's bytes are wrong
    ByteBuffer load(PackRef pack, PackSection section, int chunk) throws ObjectStoreException {
        Optional<ByteBuffer> here = cached(pack, section, chunk);
        if (here.isPresent()) {
            return here.get();
        }
        counters.misses.increment();
        BlockKey block = BlockKey.of(pack, section, chunk);
        CompletableFuture<ByteBuffer> load =
                pack.isSmall() ? startOne(pack, block) : startOne(pack, section, chunk, block);
        ByteBuffer bytes = Loads.await(load);
        int from = Math.toIntExact(BlockKey.positionOf(section, chunk) - block.position());
        ByteBuffer found = bytes.slice(from, section.chunkLength(chunk));
        if (pack.isSmall()) {
            checkArrived(pack, section, chunk, block, found);
        }
        return found;
    }

    /// Of an object that came whole, only what is read is checked: damage elsewhere is no concern
    /// of this reader.
    private void checkArrived(
            PackRef pack, PackSection section, int chunk, BlockKey block, ByteBuffer found) {
        try {
            PackReader.checkChunk(pack.key(), section, chunk, found);
        } catch (CorruptObjectException e) {
            files.drop(block);
            throw e;
        }
    }

    /// The whole of a small object, unchecked. Blocks.
    ByteBuffer loadWhole(PackRef pack) throws ObjectStoreException {
        BlockKey block = BlockKey.whole(pack);
        Optional<ByteBuffer> here = files.read(block, 0, block.length());
        return here.isPresent() ? here.get() : Loads.await(startOne(pack, block));
    }

    /// Forgets a small object whose bytes turned out to be wrong.
    void dropWhole(PackRef pack) {
        files.drop(BlockKey.whole(pack));
    }

    private CompletableFuture<ByteBuffer> startOne(PackRef pack, BlockKey block) {
        CompletableFuture<ByteBuffer> mine = new CompletableFuture<>();
        CompletableFuture<ByteBuffer> other = loads.putIfAbsent(block, mine);
        if (other != null) {
            return other;
        }
        threads.execute(() -> fetchWhole(pack, block));
        return mine;
    }

    private CompletableFuture<ByteBuffer> startOne(
            PackRef pack, PackSection section, int chunk, BlockKey block) {
        CompletableFuture<ByteBuffer> mine = new CompletableFuture<>();
        CompletableFuture<ByteBuffer> other = loads.putIfAbsent(block, mine);
        if (other != null) {
            return other;
        }
        fetchLater(pack, section, chunk, List.of(block));
        return mine;
    }

    /// Starts fetching what is not here of chunks `[first, end)`, neighbours by one request. Does
    /// not wait.
    ///
    /// @param waitingMax starts nothing when so many chunks are under way
    /// @return chunks that were started
    int start(PackRef pack, PackSection section, int first, int end, int waitingMax) {
        if (pack.isSmall()) {
            BlockKey block = BlockKey.whole(pack);
            if (files.contains(block) || loads.size() >= waitingMax) {
                return 0;
            }
            CompletableFuture<ByteBuffer> _ = startOne(pack, block);
            return 1;
        }
        int started = 0;
        List<BlockKey> run = new ArrayList<>();
        long runBytes = 0;
        int runFirst = first;
        for (int chunk = first; chunk <= end; chunk++) {
            boolean take = chunk < end && loads.size() < waitingMax;
            BlockKey block = take ? BlockKey.of(pack, section, chunk) : null;
            boolean full =
                    block != null
                            && !run.isEmpty()
                            && runBytes + block.length() > ColdLimits.RUN_BYTES_MAX;
            boolean mine = block != null && !full && claim(block);
            if (!mine && !run.isEmpty()) {
                fetchLater(pack, section, runFirst, List.copyOf(run));
                started += run.size();
                run.clear();
                runBytes = 0;
                mine = block != null && full && claim(block);
            }
            if (mine && block != null) {
                if (run.isEmpty()) {
                    runFirst = chunk;
                }
                run.add(block);
                runBytes += block.length();
            }
        }
        if (!run.isEmpty()) {
            fetchLater(pack, section, runFirst, List.copyOf(run));
            started += run.size();
        }
        return started;
    }

    private boolean claim(BlockKey block) {
        return !files.contains(block)
                && loads.putIfAbsent(block, new CompletableFuture<>()) == null;
    }

    private void fetchLater(PackRef pack, PackSection section, int first, List<BlockKey> run) {
        threads.execute(() -> fetchRun(pack, section, first, run));
    }

    private void fetchRun(PackRef pack, PackSection section, int first, List<BlockKey> run) {
        long from = run.getFirst().position();
        ByteBuffer bytes;
        try {
            bytes = get(pack.key(), from, Math.toIntExact(run.getLast().end() - from)).bytes();
        } catch (ObjectStoreException | RuntimeException failure) {
            run.forEach(block -> end(block, null, failure));
            return;
        }
        for (int i = 0; i < run.size(); i++) {
            BlockKey block = run.get(i);
            try {
                int at = Math.toIntExact(block.position() - from);
                ByteBuffer chunk = bytes.slice(bytes.position() + at, block.length());
                PackReader.checkChunk(pack.key(), section, first + i, chunk);
                files.write(block, chunk);
                end(block, chunk, null);
            } catch (RuntimeException failure) {
                end(block, null, failure);
            }
        }
    }

    private void fetchWhole(PackRef pack, BlockKey block) {
        try {
            Optional<ByteBuffer> arrived = files.read(block, 0, block.length());
            if (arrived.isPresent()) { // before it was our turn
                end(block, arrived.get(), null);
                return;
            }
            ObjectSlice slice = get(pack.key(), 0, block.length());
            if (slice.objectBytes() != pack.bytes()) {
                throw new CorruptObjectException(
                        "object has another size than named: object="
                                + pack.key()
                                + ", bytes="
                                + slice.objectBytes()
                                + ", expected="
                                + pack.bytes());
            }
            files.write(block, slice.bytes());
            end(block, slice.bytes().slice(), null);
        } catch (ObjectStoreException | RuntimeException failure) {
            end(block, null, failure);
        }
    }

    private ObjectSlice get(String key, long position, int length) throws ObjectStoreException {
        requests.acquireUninterruptibly();
        try {
            ObjectSlice slice = store.get(key, ByteRange.span(position, length));
            if (slice.bytes().remaining() != length) {
                throw new CorruptObjectException(
                        "object shorter than its index says: object="
                                + key
                                + ", position="
                                + position
                                + ", bytes="
                                + slice.bytes().remaining()
                                + ", expected="
                                + length);
            }
            return slice;
        } finally {
            requests.release();
        }
    }

    private void end(BlockKey block, @Nullable ByteBuffer bytes, @Nullable Exception failure) {
        CompletableFuture<ByteBuffer> load = loads.get(block);
        if (load == null) {
            return;
        }
        if (bytes != null) {
            load.complete(bytes);
            loads.remove(block, load);
        } else if (failure != null) {
            loads.remove(block, load); // first: nobody who comes later shares a failure
            load.completeExceptionally(failure);
        }
    }

    long diskBytes() {
        return files.bytes();
    }
}
