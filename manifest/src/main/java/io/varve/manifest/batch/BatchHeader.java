// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.batch;

import io.varve.manifest.state.BatchFacts;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.record.TimestampType;

/// A view of one record batch (magic 2) inside a buffer: reads and writes header fields in place,
/// copies nothing, leaves the buffer's position and limit alone.
///
/// ```
///  0 baseOffset 8 | 8 length 4 | 12 leaderEpoch 4 | 16 magic 1 | 17 crc 4 | 21 attributes 2 | 23 lastOffsetDelta 4
/// 27 baseTimestamp 8 | 35 maxTimestamp 8 | 43 producerId 8 | 51 producerEpoch 2 | 53 baseSequence 4 | 57 count 4 | 61 records
/// ```
///
/// The CRC32C covers everything from the attributes on: base offset and leader epoch are set
/// without touching it. Owner: whoever owns the buffer.
public final class BatchHeader {
    /// Bytes in front of the first record.
    public static final int HEADER_BYTES = 61;

    /// The only format that is stored.
    public static final byte MAGIC = 2;

    /// Bytes of base offset and length: what the length field does not count.
    static final int LOG_OVERHEAD_BYTES = 12;

    static final int LENGTH_AT = 8;
    static final int MAGIC_AT = 16;
    private static final int LEADER_EPOCH_AT = 12;
    private static final int CRC_AT = 17;
    private static final int ATTRIBUTES_AT = 21;
    private static final int LAST_OFFSET_DELTA_AT = 23;
    private static final int BASE_TIMESTAMP_AT = 27;
    private static final int MAX_TIMESTAMP_AT = 35;
    private static final int PRODUCER_ID_AT = 43;
    private static final int PRODUCER_EPOCH_AT = 51;
    private static final int BASE_SEQUENCE_AT = 53;
    private static final int RECORD_COUNT_AT = 57;

    private static final int COMPRESSION_MASK = 0x07;
    private static final int LOG_APPEND_TIME_FLAG = 0x08;
    private static final int TRANSACTIONAL_FLAG = 0x10;
    private static final int CONTROL_FLAG = 0x20;

    private final ByteBuffer buffer;
    private final int position;
    private final int sizeInBytes;

    private BatchHeader(ByteBuffer buffer, int position, int sizeInBytes) {
        this.buffer = buffer;
        this.position = position;
        this.sizeInBytes = sizeInBytes;
    }

    /// The batch that starts at `position` (an index into the buffer, not relative to its position)
    /// and ends at or below the buffer's limit. Checks the shape: length, magic, counts; not the
    /// CRC, see [#verify].
    ///
    /// @throws CorruptBatchException when the bytes there are no whole batch
    public static BatchHeader at(ByteBuffer buffer, int position) {
        int available = buffer.limit() - position;
        if (available < HEADER_BYTES) {
            throw new CorruptBatchException(
                    "batch cut short: position="
                            + position
                            + ", bytes="
                            + available
                            + ", headerBytes="
                            + HEADER_BYTES);
        }
        byte magic = buffer.get(position + MAGIC_AT);
        if (magic != MAGIC) {
            throw new CorruptBatchException(
                    "batch magic not supported: position="
                            + position
                            + ", magic="
                            + magic
                            + ", expected="
                            + MAGIC);
        }
        int length = buffer.getInt(position + LENGTH_AT);
        if (length < HEADER_BYTES - LOG_OVERHEAD_BYTES || length > available - LOG_OVERHEAD_BYTES) {
            throw new CorruptBatchException(
                    "batch length does not fit: position="
                            + position
                            + ", length="
                            + length
                            + ", available="
                            + (available - LOG_OVERHEAD_BYTES));
        }
        BatchHeader header = new BatchHeader(buffer, position, length + LOG_OVERHEAD_BYTES);
        header.checkCounts();
        return header;
    }

    private void checkCounts() {
        int delta = lastOffsetDelta();
        int count = recordCount();
        if (delta < 0
                || delta == Integer.MAX_VALUE
                || count < 0
                || count > delta + 1
                || baseOffset() < 0) {
            throw new CorruptBatchException(
                    "batch counts do not fit: position="
                            + position
                            + ", baseOffset="
                            + baseOffset()
                            + ", lastOffsetDelta="
                            + delta
                            + ", records="
                            + count);
        }
    }

    /// Index of the batch's first byte in the buffer.
    public int position() {
        return position;
    }

    /// Length of the whole batch.
    public int sizeInBytes() {
        return sizeInBytes;
    }

    /// Offset of the first record (of the first record ever, when compaction removed some).
    public long baseOffset() {
        return buffer.getLong(position);
    }

    /// Offset of the last record; compaction does not change it.
    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    /// First offset behind the batch.
    public long endOffset() {
        return lastOffset() + 1;
    }

    public int lastOffsetDelta() {
        return buffer.getInt(position + LAST_OFFSET_DELTA_AT);
    }

    public int partitionLeaderEpoch() {
        return buffer.getInt(position + LEADER_EPOCH_AT);
    }

    /// The CRC32C that the batch claims.
    public int crc() {
        return buffer.getInt(position + CRC_AT);
    }

    public short attributes() {
        return buffer.getShort(position + ATTRIBUTES_AT);
    }

    /// Kafka's codec id: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    public int compressionId() {
        return attributes() & COMPRESSION_MASK;
    }

    public boolean isTransactional() {
        return (attributes() & TRANSACTIONAL_FLAG) != 0;
    }

    public boolean isControl() {
        return (attributes() & CONTROL_FLAG) != 0;
    }

    public TimestampType timestampType() {
        return (attributes() & LOG_APPEND_TIME_FLAG) != 0
                ? TimestampType.LOG_APPEND_TIME
                : TimestampType.CREATE_TIME;
    }

    public long baseTimestampMs() {
        return buffer.getLong(position + BASE_TIMESTAMP_AT);
    }

    public long maxTimestampMs() {
        return buffer.getLong(position + MAX_TIMESTAMP_AT);
    }

    /// -1 when the batch has no producer id.
    public long producerId() {
        return buffer.getLong(position + PRODUCER_ID_AT);
    }

    public short producerEpoch() {
        return buffer.getShort(position + PRODUCER_EPOCH_AT);
    }

    public int baseSequence() {
        return buffer.getInt(position + BASE_SEQUENCE_AT);
    }

    /// Records that are in the batch (fewer than its offsets after compaction).
    public int recordCount() {
        return buffer.getInt(position + RECORD_COUNT_AT);
    }

    /// The batch's bytes as a read-write view: position 0, limit at its end. Not a copy.
    public ByteBuffer bytes() {
        return buffer.slice(position, sizeInBytes);
    }

    /// CRC32C of the bytes that it covers, as they are now.
    public int computeCrc() {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(position + ATTRIBUTES_AT, sizeInBytes - ATTRIBUTES_AT));
        return (int) crc.getValue();
    }

    /// @throws CorruptBatchException when the CRC32C is not that of the bytes
    public void verify() {
        int computed = computeCrc();
        if (computed != crc()) {
            throw new CorruptBatchException(
                    "batch crc mismatch: baseOffset="
                            + baseOffset()
                            + ", position="
                            + position
                            + ", stored="
                            + Integer.toHexString(crc())
                            + ", computed="
                            + Integer.toHexString(computed));
        }
    }

    /// Sets the base offset; the last one follows. Not under the CRC.
    public void setBaseOffset(long baseOffset) {
        buffer.putLong(position, baseOffset);
    }

    /// Sets the leader epoch. Not under the CRC.
    public void setPartitionLeaderEpoch(int epoch) {
        buffer.putInt(position + LEADER_EPOCH_AT, epoch);
    }

    /// Sets timestamp type and largest timestamp, and the CRC anew unless nothing changed (as
    /// Kafka's setMaxTimestamp).
    public void setMaxTimestamp(TimestampType type, long maxTimestampMs) {
        if (timestampType() == type && maxTimestampMs() == maxTimestampMs) {
            return;
        }
        int without = attributes() & ~LOG_APPEND_TIME_FLAG;
        int flag = type == TimestampType.LOG_APPEND_TIME ? LOG_APPEND_TIME_FLAG : 0;
        buffer.putShort(position + ATTRIBUTES_AT, (short) (without | flag));
        buffer.putLong(position + MAX_TIMESTAMP_AT, maxTimestampMs);
        buffer.putInt(position + CRC_AT, computeCrc());
    }

    /// What state depends on. Reads the marker of a control batch, else only the header.
    ///
    /// @throws CorruptBatchException when a control batch holds no transaction marker
    public BatchFacts facts() {
        if (!isControl()) {
            return facts(BatchFacts.Kind.DATA, -1);
        }
        Batches.Marker marker = Batches.markerOf(this);
        return facts(marker.kind(), marker.coordinatorEpoch());
    }

    private BatchFacts facts(BatchFacts.Kind kind, int coordinatorEpoch) {
        return new BatchFacts(
                baseOffset(),
                lastOffsetDelta() + 1,
                sizeInBytes,
                maxTimestampMs(),
                producerId(),
                producerEpoch(),
                baseSequence(),
                isTransactional(),
                kind,
                coordinatorEpoch);
    }

    @Override
    public String toString() {
        return "batch["
                + baseOffset()
                + ", "
                + endOffset()
                + "), bytes="
                + sizeInBytes
                + ", leaderEpoch="
                + partitionLeaderEpoch()
                + ", producerId="
                + producerId();
    }
}
