// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.FrameLocation;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.broker.log.ShardLog;
import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// The shard log, as a shard uses it. Threads as [ShardLog] says.
final class ShardLogFrames implements FrameLog {
    private final ShardLog log;

    ShardLogFrames(ShardLog log) {
        this.log = log;
    }

    @Override
    public void append(long term, long index, ByteBuffer table, ByteBuffer body, boolean served)
            throws IOException {
        log.append(term, index, table, body, served);
    }

    @Override
    public void flush() throws IOException {
        log.flush();
    }

    @Override
    public ByteBuffer readBody(long term, long index) throws IOException {
        FrameLocation at =
                log.find(term, index)
                        .orElseThrow(() ->
                                new IOException(
                                        "frame is not on disk: term=" + term + ", index=" + index));
        return log.readBody(at);
    }

    @Override
    public void committed(long term, long index, FrameTable table, FrameTable kept)
            throws IOException {
        if (!log.committed(term, index, table, kept) && kept.bodyBytes() > 0) {
            // Raft has the entry and the disk has not: this replica must be replaced. Going on
            // would serve a hole.
            throw new IOException(
                    "committed frame is missing or damaged on disk: term="
                            + term
                            + ", index="
                            + index);
        }
    }

    @Override
    public void committedOther(long term, long index) throws IOException {
        log.committedOther(term, index);
    }

    @Override
    public void closed(PartitionId id) {
        log.forget(id);
    }

    @Override
    public OptionalLong firstIndex() {
        return log.firstIndex();
    }

    @Override
    public OptionalLong firstIndexWithoutRows() {
        return log.firstIndexWithoutRows();
    }

    @Override
    public Optional<FrameTable> table(long term, long index) throws IOException {
        Optional<FrameLocation> at = log.findWhole(term, index);
        return at.isEmpty() ? Optional.empty() : Optional.of(log.readTable(at.get()));
    }

    @Override
    public Optional<Long> hotStart(PartitionId id) {
        OptionalLong start = log.hotStart(id);
        return start.isEmpty() ? Optional.empty() : Optional.of(start.getAsLong());
    }

    @Override
    public long localBytes(PartitionId id) {
        return log.localBytes(id);
    }

    @Override
    public List<HotRange> rows(PartitionId id, long offset, long maxBytes) {
        return log.rowsFrom(id, offset, maxBytes);
    }

    @Override
    public Optional<HotRange> rowForTimestamp(PartitionId id, long timestampMs) {
        return log.rowForTimestamp(id, timestampMs);
    }

    @Override
    public Optional<HotLease> lease(HotRange range) throws IOException {
        return log.lease(range);
    }

    @Override
    public void close() throws IOException {
        log.close();
    }
}
