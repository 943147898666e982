// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Blocks on their way to disk, so that no reader waits for a write: bounded in bytes, and what
/// does not fit is not taken. One write at a time. Until it is written a block is served from here.
///
/// Thread-safe.
final class BlockWrites {
    /// Writes one block. Blocks.
    @FunctionalInterface
    interface Writer {
        void write(BlockKey key, ByteBuffer bytes);
    }

    private final long bytesMax;
    private final Executor threads;
    private final Writer writer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Arrived> queue =
            new ArrayDeque<>(); // guarded by lock; the first is at work
    private final Map<BlockKey, ByteBuffer> waiting = new HashMap<>(); // guarded by lock
    private long bytes; // guarded by lock

    BlockWrites(long bytesMax, Executor threads, Writer writer) {
        this.bytesMax = bytesMax;
        this.threads = threads;
        this.writer = writer;
    }

    /// Takes the blocks of an answer.
    ///
    /// @return false when there is no room
    boolean offer(Arrived arrived) {
        lock.lock();
        try {
            if (bytes + arrived.heldBytes() > bytesMax) {
                return false;
            }
            bytes += arrived.heldBytes();
            arrived.blocks().forEach(key -> waiting.put(key, arrived.block(key)));
            queue.add(arrived);
            if (queue.size() > 1) {
                return true; // whoever writes goes on with it
            }
        } finally {
            lock.unlock();
        }
        threads.execute(this::writeAll);
        return true;
    }

    private void writeAll() {
        Arrived next = first();
        while (next != null) {
            try {
                for (BlockKey key : next.blocks()) {
                    get(key).ifPresent(block -> writer.write(key, block));
                }
            } finally {
                next = ended(next);
            }
        }
    }

    private @Nullable Arrived first() {
        lock.lock();
        try {
            return queue.peek();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Arrived ended(Arrived written) {
        lock.lock();
        try {
            queue.remove();
            bytes -= written.heldBytes();
            written.blocks().forEach(waiting::remove);
            return queue.peek();
        } finally {
            lock.unlock();
        }
    }

    Optional<ByteBuffer> get(BlockKey key) {
        lock.lock();
        try {
            return Optional.ofNullable(waiting.get(key)).map(ByteBuffer::duplicate);
        } finally {
            lock.unlock();
        }
    }

    /// A block that shall not be written; one that is at work still is.
    void drop(BlockKey key) {
        lock.lock();
        try {
            waiting.remove(key);
        } finally {
            lock.unlock();
        }
    }

    /// Whether half of what may wait does.
    boolean isHalfFull() {
        lock.lock();
        try {
            return bytes >= bytesMax / 2;
        } finally {
            lock.unlock();
        }
    }
}
