// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.broker.shard.PartitionView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// The rows that a partition's shard has on local disk. Stateless.
public final class LocalRows implements HotReads {
    /// How much of a log is looked through at a time where its rows have no order (times): rows,
    /// not their bytes, are in memory then.
    private static final long WALK_BYTES = 64L << 20;

    private record LeasedRow(HotRange range, HotLease lease) implements HotRow {
        @Override
        public long baseOffset() {
            return range.baseOffset();
        }

        @Override
        public long endOffset() {
            return range.endOffset();
        }

        @Override
        public int length() {
            return range.length();
        }

        @Override
        public long position() {
            return range.position();
        }

        @Override
        public Optional<FileChannel> channel() throws IOException {
            return lease.channel();
        }

        @Override
        public Optional<ByteBuffer> cached() {
            return lease.cached();
        }

        @Override
        public ByteBuffer bytes() throws IOException {
            return lease.bytes();
        }

        @Override
        public void close() {
            lease.close();
        }
    }

    @Override
    public List<HotRow> rowsFrom(PartitionView partition, long offset, long maxBytes)
            throws IOException {
        List<HotRow> rows = new ArrayList<>();
        try {
            for (HotRange range : partition.hotRows(offset, maxBytes)) {
                Optional<HotLease> lease = partition.lease(range);
                if (lease.isEmpty()) {
                    break; // freed meanwhile
                }
                rows.add(new LeasedRow(range, lease.get()));
            }
            return rows;
        } catch (IOException | RuntimeException e) {
            rows.forEach(HotRow::close);
            throw e;
        }
    }

    @Override
    public OptionalLong rowAtTime(PartitionView partition, long fromOffset, long timestampMs) {
        Optional<HotRange> first = partition.hotRowForTimestamp(timestampMs);
        if (first.isEmpty() || first.get().endOffset() > fromOffset) {
            return first.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(first.get().baseOffset());
        }
        long at = fromOffset;
        while (true) {
            List<HotRange> rows = partition.hotRows(at, WALK_BYTES);
            for (HotRange row : rows) {
                if (row.maxTimestampMs() >= timestampMs) {
                    return OptionalLong.of(row.baseOffset());
                }
            }
            if (rows.isEmpty()) {
                return OptionalLong.empty();
            }
            at = rows.getLast().endOffset();
        }
    }

    @Override
    public Optional<RowTime> latestRow(PartitionView partition, long fromOffset) {
        HotRange latest = null;
        long at = fromOffset;
        while (true) {
            List<HotRange> rows = partition.hotRows(at, WALK_BYTES);
            for (HotRange row : rows) {
                if (latest == null || row.maxTimestampMs() > latest.maxTimestampMs()) {
                    latest = row;
                }
            }
            if (rows.isEmpty()) {
                return Optional.ofNullable(latest)
                        .map(row ->
                                new RowTime(
                                        row.baseOffset(), row.endOffset(), row.maxTimestampMs()));
            }
            at = rows.getLast().endOffset();
        }
    }
}
