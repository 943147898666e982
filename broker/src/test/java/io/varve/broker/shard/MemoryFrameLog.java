// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.FrameTable;
import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// A shard log in memory that counts, fails on demand and forgets what was not flushed. It may be
/// given to a second shard, as a disk is after a restart.
final class MemoryFrameLog implements FrameLog {
    record Key(long term, long index) {}

    final Map<Key, ByteBuffer> durable = new ConcurrentHashMap<>();
    final Map<Key, ByteBuffer> written = new ConcurrentHashMap<>();
    final ConcurrentSkipListMap<Long, FrameTable> committed = new ConcurrentSkipListMap<>();
    final AtomicInteger flushes = new AtomicInteger();
    final AtomicInteger appends = new AtomicInteger();
    final List<Long> flushedWith = new ArrayList<>();
    volatile CountDownLatch mayWrite = new CountDownLatch(0);
    volatile boolean failWrites;
    volatile boolean failFlushes;
    volatile boolean failReads;

    @Override
    public void append(long term, long index, ByteBuffer table, ByteBuffer body, boolean served)
            throws IOException {
        if (failWrites) {
            throw new IOException("disk says no: write");
        }
        try {
            mayWrite.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        appends.incrementAndGet();
        ByteBuffer copy = ByteBuffer.allocate(body.remaining()).put(body.duplicate()).flip();
        written.put(new Key(term, index), copy);
    }

    @Override
    public void flush() throws IOException {
        if (failFlushes) {
            throw new IOException("disk says no: flush");
        }
        flushes.incrementAndGet();
        durable.putAll(written);
    }

    @Override
    public ByteBuffer readBody(long term, long index) throws IOException {
        ByteBuffer body = written.get(new Key(term, index));
        if (body == null || failReads) {
            throw new IOException("no such frame: term=" + term + ", index=" + index);
        }
        return body.duplicate();
    }

    @Override
    public void committed(long term, long index, FrameTable table, FrameTable kept) {
        committed.put(index, kept);
    }

    @Override
    public void committedOther(long term, long index) {}

    @Override
    public void closed(PartitionId id) {}

    @Override
    public OptionalLong firstIndex() {
        return written.keySet().stream().mapToLong(Key::index).min();
    }

    @Override
    public List<HotRange> rows(PartitionId id, long offset, long maxBytes) {
        return List.of();
    }

    @Override
    public Optional<HotRange> rowForTimestamp(PartitionId id, long timestampMs) {
        return Optional.empty();
    }

    @Override
    public Optional<HotLease> lease(HotRange range) {
        return Optional.empty();
    }

    /// Holds no rows at all.
    @Override
    public OptionalLong firstIndexWithoutRows() {
        return OptionalLong.empty();
    }

    @Override
    public Optional<FrameTable> table(long term, long index) {
        return Optional.empty();
    }

    /// The power goes: only what was flushed is left.
    void powerCut() {
        written.clear();
        written.putAll(durable);
    }

    @Override
    public Optional<Long> hotStart(PartitionId id) {
        return Optional.of(0L);
    }

    @Override
    public long localBytes(PartitionId id) {
        return 0;
    }

    @Override
    public void close() {}
}
