// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What arrived from the bucket a moment ago, or was read back from disk: a stream of chunks, each
/// asked for once or a few times soon after. So the least recently used goes first; a policy that
/// prefers what is asked for often would throw away what read-ahead has just fetched.
///
/// One answer of the store is kept or dropped as a whole, because all slices of it hold on to one
/// array: the bound counts arrays. It also counts what read-ahead fetched and nobody has asked for
/// yet, so that readers cannot push out each other's future.
///
/// Thread-safe.
final class ChunkMemory {
    /// One array and the blocks that lie in it. Guarded by lock.
    private static final class Held {
        final List<BlockKey> keys;
        final int bytes;
        int unreadBytes;

        Held(List<BlockKey> keys, int bytes, int unreadBytes) {
            this.keys = new ArrayList<>(keys);
            this.bytes = bytes;
            this.unreadBytes = unreadBytes;
        }
    }

    private record Slice(Held held, ByteBuffer bytes) {}

    private final long bytesMax;
    private final ColdCounters counters;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<BlockKey, Slice> slices = new HashMap<>(); // guarded by lock
    private final LinkedHashSet<Held> byUse = new LinkedHashSet<>(); // guarded by lock
    private long bytes; // guarded by lock
    private long unreadBytes; // guarded by lock

    ChunkMemory(long bytesMax, ColdCounters counters) {
        this.bytesMax = bytesMax;
        this.counters = counters;
    }

    /// A block's bytes; asking counts as use.
    Optional<ByteBuffer> get(BlockKey key) {
        lock.lock();
        try {
            Slice slice = slices.get(key);
            if (slice == null) {
                return Optional.empty();
            }
            byUse.addLast(slice.held());
            unreadBytes -= slice.held().unreadBytes;
            slice.held().unreadBytes = 0;
            return Optional.of(slice.bytes().duplicate());
        } finally {
            lock.unlock();
        }
    }

    /// A block's bytes, for one who only looks.
    @Nullable ByteBuffer peek(BlockKey key) {
        lock.lock();
        try {
            Slice slice = slices.get(key);
            return slice == null ? null : slice.bytes().duplicate();
        } finally {
            lock.unlock();
        }
    }

    /// Keeps blocks that came as one.
    ///
    /// @param reservedBytes what was reserved for them by [#reserveUnread]; 0 when somebody waits
    void keep(Arrived arrived, int reservedBytes) {
        Held held = new Held(arrived.blocks(), arrived.heldBytes(), reservedBytes);
        lock.lock();
        try {
            if (held.bytes > bytesMax || held.keys.isEmpty()) {
                unreadBytes -= reservedBytes;
                return;
            }
            for (BlockKey key : arrived.blocks()) {
                slices.put(key, new Slice(held, arrived.block(key)));
            }
            byUse.addLast(held);
            bytes += held.bytes;
            while (bytes > bytesMax) {
                evict(byUse.getFirst());
            }
        } finally {
            lock.unlock();
        }
    }

    /// Keeps a chunk of a small object that is kept as a whole: it was checked. Nothing happens
    /// when the object has gone.
    void keepChunk(BlockKey whole, BlockKey chunk) {
        lock.lock();
        try {
            Slice slice = slices.get(whole);
            if (slice != null && !slices.containsKey(chunk)) {
                slice.held().keys.add(chunk);
                slices.put(
                        chunk,
                        new Slice(slice.held(), Arrived.of(whole, slice.bytes()).block(chunk)));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Forgets a block and all that came with it.
    void drop(BlockKey key) {
        lock.lock();
        try {
            Slice slice = slices.get(key);
            if (slice != null) {
                evict(slice.held());
            }
        } finally {
            lock.unlock();
        }
    }

    /// Called with the lock held.
    private void evict(Held held) {
        byUse.remove(held);
        for (BlockKey key : held.keys) {
            Slice slice = slices.get(key);
            if (slice != null && slice.held().equals(held)) {
                slices.remove(key);
            }
        }
        bytes -= held.bytes;
        if (held.unreadBytes > 0) {
            counters.aheadUnread.increment();
            unreadBytes -= held.unreadBytes;
        }
    }

    /// Room for bytes that nobody waits for.
    ///
    /// @param unreadMax no room when there would be more of them than this
    boolean reserveUnread(int more, long unreadMax) {
        lock.lock();
        try {
            if (unreadBytes + more > unreadMax) {
                return false;
            }
            unreadBytes += more;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// They did not arrive.
    void releaseUnread(int fewer) {
        lock.lock();
        try {
            unreadBytes -= fewer;
        } finally {
            lock.unlock();
        }
    }

    /// Bytes of what is kept.
    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /// Bytes that read-ahead fetches or fetched and nobody asked for yet.
    long unreadBytes() {
        lock.lock();
        try {
            return unreadBytes;
        } finally {
            lock.unlock();
        }
    }
}
