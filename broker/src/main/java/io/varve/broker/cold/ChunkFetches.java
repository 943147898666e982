// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/// What is on its way from the bucket: each block once, neighbours by one request, several requests
/// at a time. Chunks are checked when they arrive, then kept in memory and, behind the reader's
/// back, on disk. A fetch ends also when nobody waits any more. Failures are not kept.
///
/// Thread-safe.
final class ChunkFetches {
    private final ObjectStore store;
    private final Executor threads;
    private final ChunkMemory memory;
    private final DiskBlocks disk;
    private final ColdSizes sizes;
    private final ConcurrentHashMap<BlockKey, CompletableFuture<ByteBuffer>> underWay =
            new ConcurrentHashMap<>();
    private final Semaphore requests = new Semaphore(ColdLimits.LOADS_MAX);

    /// @param threads one thread per task, which may block: virtual threads
    ChunkFetches(
            ObjectStore store,
            Executor threads,
            ChunkMemory memory,
            DiskBlocks disk,
            ColdSizes sizes) {
        this.store = store;
        this.threads = threads;
        this.memory = memory;
        this.disk = disk;
        this.sizes = sizes;
    }

    /// The whole of a small object, unchecked.
    CompletableFuture<ByteBuffer> whole(PackRef pack) {
        return one(BlockKey.whole(pack), block -> fetchWhole(pack, block, 0));
    }

    /// A chunk of a large object, checked.
    CompletableFuture<ByteBuffer> chunk(PackRef pack, PackSection section, int chunk) {
        return one(
                BlockKey.chunk(pack, section, chunk),
                block -> fetchRun(new Run(pack, section, chunk, List.of(block), 0)));
    }

    @FunctionalInterface
    private interface Fetch {
        void run(BlockKey block);
    }

    private CompletableFuture<ByteBuffer> one(BlockKey block, Fetch fetch) {
        CompletableFuture<ByteBuffer> mine = new CompletableFuture<>();
        CompletableFuture<ByteBuffer> other = underWay.putIfAbsent(block, mine);
        if (other != null) {
            return other;
        }
        if (!arrivedJustNow(block)) {
            threads.execute(() -> fetch.run(block));
        }
        return mine;
    }

    /// Starts fetching what is not here of chunks that a read will ask for.
    ///
    /// @param end exclusive
    void expect(PackRef pack, PackSection section, int first, int end) {
        start(pack, section, first, end, Claims.FOR_A_READ);
    }

    /// Starts fetching what is not here of chunks that nobody has asked for, as far as there is
    /// room for such bytes.
    ///
    /// @param end exclusive
    /// @return chunks, or small objects, that were started
    int ahead(PackRef pack, PackSection section, int first, int end) {
        return start(pack, section, first, end, Claims.AHEAD);
    }

    private enum Claims {
        FOR_A_READ,
        AHEAD
    }

    /// Neighbours that are fetched by one request.
    private record Run(
            PackRef pack,
            PackSection section,
            int firstChunk,
            List<BlockKey> blocks,
            int reservedBytes) {}

    private int start(PackRef pack, PackSection section, int first, int end, Claims claims) {
        if (pack.isSmall()) {
            BlockKey whole = BlockKey.whole(pack);
            if (!claim(whole, claims)) {
                return 0;
            }
            int reserved = claims == Claims.AHEAD ? whole.length() : 0;
            threads.execute(() -> fetchWhole(pack, whole, reserved));
            return 1;
        }
        int started = 0;
        List<BlockKey> blocks = new ArrayList<>();
        int bytes = 0;
        for (int chunk = first; chunk < end; chunk++) {
            BlockKey block = BlockKey.chunk(pack, section, chunk);
            boolean full = bytes + block.length() > ColdLimits.RUN_BYTES_MAX;
            if (full) {
                started += start(pack, section, chunk, blocks, claims);
                bytes = 0;
            }
            if (claim(block, claims)) {
                blocks.add(block);
                bytes += block.length();
            } else {
                started += start(pack, section, chunk, blocks, claims);
                bytes = 0;
            }
        }
        return started + start(pack, section, end, blocks, claims);
    }

    /// Starts a run that ends in front of `endChunk`, and empties the list.
    private int start(
            PackRef pack, PackSection section, int endChunk, List<BlockKey> blocks, Claims claims) {
        int count = blocks.size();
        if (count == 0) {
            return 0;
        }
        int bytes = blocks.stream().mapToInt(BlockKey::length).sum();
        Run run =
                new Run(
                        pack,
                        section,
                        endChunk - count,
                        List.copyOf(blocks),
                        claims == Claims.AHEAD ? bytes : 0);
        blocks.clear();
        threads.execute(() -> fetchRun(run));
        return count;
    }

    /// Whether the caller has to fetch a block.
    private boolean claim(BlockKey block, Claims claims) {
        boolean ahead = claims == Claims.AHEAD;
        int waitingMax = ColdLimits.CHUNKS_WAITING_MAX / (ahead ? 2 : 1);
        if (underWay.size() >= waitingMax
                || underWay.containsKey(block)
                || memory.peek(block) != null
                || disk.contains(block)) {
            return false;
        }
        long unreadMax = disk.keepsUp() ? sizes.memoryBytesMax() : sizes.unreadBytesMax();
        if (ahead && !memory.reserveUnread(block.length(), unreadMax)) {
            return false;
        }
        boolean mine = underWay.putIfAbsent(block, new CompletableFuture<>()) == null;
        if (mine && !arrivedJustNow(block)) {
            return true;
        }
        if (ahead) {
            memory.releaseUnread(block.length());
        }
        return false;
    }

    /// A fetch that ended between the look and the claim: the claim ends with its bytes.
    private boolean arrivedJustNow(BlockKey block) {
        ByteBuffer arrived = memory.peek(block);
        if (arrived != null) {
            end(block, arrived);
        }
        return arrived != null;
    }

    private void fetchRun(Run run) {
        List<BlockKey> blocks = run.blocks();
        long from = blocks.getFirst().position();
        ByteBuffer bytes;
        try {
            bytes = get(run.pack(), from, Math.toIntExact(blocks.getLast().end() - from)).bytes();
        } catch (ObjectStoreException | RuntimeException failure) {
            memory.releaseUnread(run.reservedBytes());
            blocks.forEach(block -> fail(block, failure));
            return;
        }
        Arrived all = new Arrived(from, bytes, blocks);
        List<BlockKey> whole = new ArrayList<>(blocks.size());
        for (int i = 0; i < blocks.size(); i++) {
            BlockKey block = blocks.get(i);
            try {
                PackReader.checkChunk(
                        run.pack().key(), run.section(), run.firstChunk() + i, all.block(block));
                whole.add(block);
            } catch (RuntimeException failure) {
                fail(block, failure);
            }
        }
        arrived(new Arrived(from, bytes, whole), run.reservedBytes());
    }

    private void fetchWhole(PackRef pack, BlockKey block, int reservedBytes) {
        try {
            Optional<ByteBuffer> onDisk = disk.read(block, 0, block.length());
            if (onDisk.isPresent()) {
                memory.keep(Arrived.of(block, onDisk.get()), reservedBytes);
                end(block, onDisk.get());
                return;
            }
            ObjectSlice slice = get(pack, 0, block.length());
            if (slice.objectBytes() != pack.bytes()) {
                throw new CorruptObjectException(
                        "object has another size than named: object="
                                + pack.key()
                                + ", bytes="
                                + slice.objectBytes()
                                + ", expected="
                                + pack.bytes());
            }
            arrived(Arrived.of(block, slice.bytes()), reservedBytes);
        } catch (ObjectStoreException | RuntimeException failure) {
            memory.releaseUnread(reservedBytes);
            fail(block, failure);
        }
    }

    private void arrived(Arrived arrived, int reservedBytes) {
        try {
            memory.keep(arrived, reservedBytes);
            disk.keep(arrived);
        } finally {
            arrived.blocks().forEach(block -> end(block, arrived.block(block)));
        }
    }

    private ObjectSlice get(PackRef pack, long position, int length) throws ObjectStoreException {
        requests.acquireUninterruptibly();
        try {
            ObjectSlice slice = store.get(pack.key(), ByteRange.span(position, length));
            if (slice.position() != position || slice.bytes().remaining() != length) {
                throw new CorruptObjectException(
                        "object shorter than named: object="
                                + pack.key()
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

    private void end(BlockKey block, ByteBuffer bytes) {
        CompletableFuture<ByteBuffer> fetch = underWay.remove(block);
        if (fetch != null) {
            fetch.complete(bytes);
        }
    }

    /// Out of the way first: nobody who comes later shares a failure.
    private void fail(BlockKey block, Exception failure) {
        CompletableFuture<ByteBuffer> fetch = underWay.remove(block);
        if (fetch != null) {
            fetch.completeExceptionally(failure);
        }
    }
}
