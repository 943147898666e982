// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// The one cache for bytes of packs: what arrived last in memory, more of it on disk where that is
/// cheaper than the bucket. A chunk's CRC32C is checked when it comes into memory, from the bucket
/// or from disk, and not again while it stays there; a damaged file is fetched again.
///
/// Thread-safe. Buffers handed out are read-only in spirit: they are shared.
final class ChunkCache {
    private final ChunkMemory memory;
    private final DiskBlocks disk;
    private final ChunkFetches fetches;
    private final ColdCounters counters;

    ChunkCache(ChunkMemory memory, DiskBlocks disk, ChunkFetches fetches, ColdCounters counters) {
        this.memory = memory;
        this.disk = disk;
        this.fetches = fetches;
        this.counters = counters;
    }

    /// A chunk that is here, checked; empty when it must be fetched.
    Optional<ByteBuffer> cached(PackRef pack, PackSection section, int chunk) {
        BlockKey key = BlockKey.chunk(pack, section, chunk);
        Optional<ByteBuffer> here = memory.get(key);
        if (here.isEmpty() && pack.isSmall()) {
            here = inSmallObject(pack, section, chunk, key);
        }
        if (here.isPresent()) {
            counters.memoryHits.increment();
            return here;
        }
        return onDisk(pack, section, chunk, key);
    }

    /// Of an object that came whole, only what is read is checked: damage elsewhere is no concern
    /// of this reader.
    private Optional<ByteBuffer> inSmallObject(
            PackRef pack, PackSection section, int chunk, BlockKey key) {
        BlockKey whole = BlockKey.whole(pack);
        Optional<ByteBuffer> object = memory.get(whole);
        if (object.isEmpty()) {
            return Optional.empty();
        }
        ByteBuffer bytes = Arrived.of(whole, object.get()).block(key);
        try {
            PackReader.checkChunk(pack.key(), section, chunk, bytes);
        } catch (CorruptObjectException e) {
            dropWhole(pack); // what is in the bucket may be better by now
            return Optional.empty();
        }
        memory.keepChunk(whole, key);
        return Optional.of(bytes);
    }

    private Optional<ByteBuffer> onDisk(
            PackRef pack, PackSection section, int chunk, BlockKey key) {
        BlockKey block = BlockKey.fetched(pack, section, chunk);
        Optional<ByteBuffer> bytes =
                disk.read(block, Math.toIntExact(key.position() - block.position()), key.length());
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        try {
            PackReader.checkChunk(pack.key(), section, chunk, bytes.get());
        } catch (CorruptObjectException e) {
            counters.diskDamaged.increment();
            disk.drop(block); // the object itself may be whole
            return Optional.empty();
        }
        counters.diskHits.increment();
        memory.keep(Arrived.of(key, bytes.get()), 0);
        return Optional.of(bytes.get().duplicate());
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
        BlockKey key = BlockKey.chunk(pack, section, chunk);
        if (!pack.isSmall()) {
            ByteBuffer bytes = Loads.await(fetches.chunk(pack, section, chunk));
            memory.get(key); // read-ahead may have asked for it first
            return bytes;
        }
        BlockKey whole = BlockKey.whole(pack);
        ByteBuffer object = Loads.await(fetches.whole(pack));
        ByteBuffer bytes = Arrived.of(whole, object).block(key);
        try {
            PackReader.checkChunk(pack.key(), section, chunk, bytes);
        } catch (CorruptObjectException e) {
            dropWhole(pack);
            throw e;
        }
        memory.get(whole);
        memory.keepChunk(whole, key);
        return bytes;
    }

    /// The whole of a small object, unchecked. Blocks.
    ByteBuffer loadWhole(PackRef pack) throws ObjectStoreException {
        Optional<ByteBuffer> here = memory.get(BlockKey.whole(pack));
        return here.isPresent() ? here.get() : Loads.await(fetches.whole(pack));
    }

    /// Forgets a small object whose bytes turned out to be wrong.
    void dropWhole(PackRef pack) {
        BlockKey whole = BlockKey.whole(pack);
        memory.drop(whole);
        disk.drop(whole);
    }

    /// Chunks `[first, end)` will be asked for. Does not wait.
    void expect(PackRef pack, PackSection section, int first, int end) {
        fetches.expect(pack, section, first, end);
    }

    /// Chunks `[first, end)` may be asked for. Does not wait.
    ///
    /// @return how many were started
    int ahead(PackRef pack, PackSection section, int first, int end) {
        return fetches.ahead(pack, section, first, end);
    }
}
