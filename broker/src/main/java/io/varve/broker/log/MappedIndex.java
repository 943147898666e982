// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import io.varve.manifest.VersionTooNewException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;

/// An index file, mapped into memory: costs heap for nothing but itself. Immutable; must not be
/// used after its arena is closed, which [LogFile#enter] prevents.
final class MappedIndex implements FileIndex {
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment bytes;
    private final long file;
    private final IndexFileCodec.Facts facts;
    private final int entries;
    private final int partitions;
    private final long partitionsAt;
    private final long rowsAt;
    private final long keptAt;

    private MappedIndex(MemorySegment bytes, long file) {
        this.bytes = bytes;
        this.file = file;
        this.facts =
                new IndexFileCodec.Facts(
                        bytes.get(LONG, 16),
                        bytes.get(LONG, 24),
                        bytes.get(LONG, 32),
                        bytes.get(LONG, 40));
        this.entries = bytes.get(INT, 48);
        this.partitions = bytes.get(INT, 52);
        this.partitionsAt =
                IndexFileCodec.HEADER_BYTES + (long) entries * IndexFileCodec.ENTRY_BYTES;
        this.rowsAt = partitionsAt + (long) partitions * IndexFileCodec.PARTITION_BYTES;
        this.keptAt = rowsAt + (long) bytes.get(INT, 56) * IndexFileCodec.ROW_BYTES;
    }

    /// Checks magic, version, CRC, lengths, and that it describes a life of the file of that
    /// number.
    ///
    /// @return empty when the bytes are damaged: the index file is made again
    /// @throws VersionTooNewException a later Varve wrote it
    static Optional<MappedIndex> of(MemorySegment bytes, long file) {
        if (bytes.byteSize() < IndexFileCodec.HEADER_BYTES
                || bytes.get(LONG, 0) != IndexFileCodec.MAGIC
                || bytes.get(INT, IndexFileCodec.CRC_AT) != crc(bytes)) {
            return Optional.empty();
        }
        int version = bytes.get(INT, 8);
        if (version > IndexFileCodec.VERSION) {
            throw new VersionTooNewException(
                    LogFileNames.name(file, LogFileNames.DIRECTORY),
                    version,
                    IndexFileCodec.VERSION);
        }
        MappedIndex index = new MappedIndex(bytes, file);
        long size = index.keptAt + bytes.get(INT, 60);
        boolean fits =
                index.entries >= 0
                        && index.partitions >= 0
                        && size == bytes.byteSize()
                        && FileHeader.isOf(index.facts().identity(), file);
        return fits ? Optional.of(index) : Optional.empty();
    }

    private static int crc(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.asSlice(IndexFileCodec.COVERED_AT).asByteBuffer());
        return (int) crc.getValue();
    }

    /// Valid also when the index is not mapped any more.
    IndexFileCodec.Facts facts() {
        return facts;
    }

    @Override
    public int entryCount() {
        return entries;
    }

    private static long entryAt(int at) {
        return IndexFileCodec.HEADER_BYTES + (long) at * IndexFileCodec.ENTRY_BYTES;
    }

    @Override
    public long indexAt(int at) {
        return bytes.get(LONG, entryAt(at));
    }

    @Override
    public Entry entry(int at) {
        long start = entryAt(at);
        long index = bytes.get(LONG, start);
        long term = bytes.get(LONG, start + 8);
        long position = bytes.get(LONG, start + 16);
        FrameLocation frame =
                position == 0
                        ? null
                        : new FrameLocation(
                                term,
                                index,
                                file,
                                position,
                                bytes.get(INT, start + 24),
                                bytes.get(INT, start + 28));
        int set = bytes.get(INT, start + 32);
        return new Entry(term, index, frame, set == IndexFileCodec.ALL_KEPT ? null : kept(set));
    }

    private BitSet kept(int set) {
        int length = bytes.get(SHORT, keptAt + set);
        byte[] bits = new byte[length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, keptAt + set + 2, bits, 0, length);
        return BitSet.valueOf(bits);
    }

    private long partitionAt(int at) {
        return partitionsAt + (long) at * IndexFileCodec.PARTITION_BYTES;
    }

    private PartitionId partition(int at) {
        long start = partitionAt(at);
        return new PartitionId(
                new Uuid(bytes.get(LONG, start), bytes.get(LONG, start + 8)),
                bytes.get(INT, start + 16));
    }

    @Override
    public Optional<Rows> rows(PartitionId id) {
        int low = 0;
        int high = partitions - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = partition(middle).compareTo(id);
            if (order < 0) {
                low = middle + 1;
            } else if (order > 0) {
                high = middle - 1;
            } else {
                return Optional.of(new MappedRows(partitionAt(middle)));
            }
        }
        return Optional.empty();
    }

    @Override
    public List<PartitionId> partitions() {
        List<PartitionId> ids = new ArrayList<>(partitions);
        for (int at = 0; at < partitions; at++) {
            ids.add(partition(at));
        }
        return ids;
    }

    private final class MappedRows implements Rows {
        private final long start;
        private final long first;

        MappedRows(long start) {
            this.start = start;
            this.first = rowsAt + (long) bytes.get(INT, start + 20) * IndexFileCodec.ROW_BYTES;
        }

        private long field(int row, int at) {
            return bytes.get(LONG, first + (long) row * IndexFileCodec.ROW_BYTES + at);
        }

        @Override
        public int count() {
            return bytes.get(INT, start + 24);
        }

        @Override
        public long baseOffset(int row) {
            return field(row, 0);
        }

        @Override
        public long endOffset(int row) {
            return field(row, 8);
        }

        @Override
        public long maxTimestampMs(int row) {
            return field(row, 16);
        }

        @Override
        public long position(int row) {
            return field(row, 24);
        }

        @Override
        public int length(int row) {
            return bytes.get(INT, first + (long) row * IndexFileCodec.ROW_BYTES + 32);
        }

        @Override
        public long bytes() {
            return bytes.get(LONG, start + 32);
        }

        @Override
        public long maxTimestampMs() {
            return bytes.get(LONG, start + 40);
        }

        @Override
        public long runStart() {
            return bytes.get(LONG, start + 48);
        }
    }
}
