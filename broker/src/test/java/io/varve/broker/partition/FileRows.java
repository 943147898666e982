// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.cold.TieredLog;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/// Rows in a file, each of some batches, as a shard log would have them. Counts open leases.
final class FileRows implements HotReads, AutoCloseable {
    private record Row(
            long baseOffset, long endOffset, long maxTimestampMs, long position, int length) {}

    private final FileChannel file;
    private final List<Row> rows = new ArrayList<>();
    final AtomicInteger leases = new AtomicInteger();

    FileRows(Path path) throws IOException {
        this.file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
    }

    /// Batches `[from, to)` of a log, by index, in rows of up to `batchesMax`.
    void add(TieredLog log, int from, int to, Random random, int batchesMax) throws IOException {
        int at = from;
        while (at < to) {
            int end = Math.min(to, at + 1 + random.nextInt(batchesMax));
            ByteBuffer bytes = log.bytes(at, end);
            long latest = Long.MIN_VALUE;
            for (BatchHeader batch : Batches.in(bytes)) {
                latest = Math.max(latest, batch.maxTimestampMs());
            }
            rows.add(
                    new Row(
                            log.batches.get(at).baseOffset(),
                            log.batches.get(end - 1).endOffset(),
                            latest,
                            file.size(),
                            bytes.remaining()));
            file.write(bytes, file.size());
            at = end;
        }
    }

    private final class LeasedRow implements HotRow {
        private final Row row;
        private boolean open = true;

        LeasedRow(Row row) {
            this.row = row;
            leases.incrementAndGet();
        }

        @Override
        public long baseOffset() {
            return row.baseOffset();
        }

        @Override
        public long endOffset() {
            return row.endOffset();
        }

        @Override
        public int length() {
            return row.length();
        }

        @Override
        public long position() {
            return row.position();
        }

        @Override
        public Optional<FileChannel> channel() {
            return Optional.of(file);
        }

        @Override
        public Optional<ByteBuffer> cached() {
            return Optional.empty();
        }

        @Override
        public ByteBuffer bytes() throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(row.length());
            file.read(bytes, row.position());
            return bytes.flip();
        }

        @Override
        public void close() {
            if (open) {
                open = false;
                leases.decrementAndGet();
            }
        }
    }

    @Override
    public List<HotRow> rowsFrom(PartitionView partition, long offset, long maxBytes) {
        List<HotRow> found = new ArrayList<>();
        long bytes = 0;
        for (Row row : rows) {
            boolean follows = !found.isEmpty();
            if (row.endOffset() > offset && (follows || row.baseOffset() <= offset)) {
                found.add(new LeasedRow(row));
                bytes += row.length();
                if (bytes >= maxBytes) {
                    break;
                }
            }
        }
        return found;
    }

    @Override
    public OptionalLong rowAtTime(PartitionView partition, long fromOffset, long timestampMs) {
        return rows.stream()
                .filter(row -> row.endOffset() > fromOffset)
                .filter(row -> row.maxTimestampMs() >= timestampMs)
                .mapToLong(Row::baseOffset)
                .findFirst();
    }

    @Override
    public Optional<RowTime> latestRow(PartitionView partition, long fromOffset) {
        Row latest = null;
        for (Row row : rows) {
            boolean counts = row.endOffset() > fromOffset;
            if (counts && (latest == null || row.maxTimestampMs() > latest.maxTimestampMs())) {
                latest = row;
            }
        }
        return Optional.ofNullable(latest)
                .map(row -> new RowTime(row.baseOffset(), row.endOffset(), row.maxTimestampMs()));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
