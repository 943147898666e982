// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.batch;

import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// Record batches as Kafka's own classes write them.
public final class TestBatches {
    private TestBatches() {}

    public static ByteBuffer plain(
            long baseOffset, int leaderEpoch, long timestampMs, int records, int valueBytes) {
        return MemoryRecords.withRecords(
                        baseOffset,
                        Compression.NONE,
                        leaderEpoch,
                        records(new Random(baseOffset), timestampMs, records, valueBytes))
                .buffer();
    }

    public static ByteBuffer idempotent(
            long baseOffset,
            int leaderEpoch,
            long producerId,
            int epoch,
            int sequence,
            SimpleRecord... records) {
        return MemoryRecords.withIdempotentRecords(
                        baseOffset,
                        Compression.NONE,
                        producerId,
                        (short) epoch,
                        sequence,
                        leaderEpoch,
                        records)
                .buffer();
    }

    public static ByteBuffer transactional(
            long baseOffset,
            int leaderEpoch,
            long producerId,
            int epoch,
            int sequence,
            SimpleRecord... records) {
        return MemoryRecords.withTransactionalRecords(
                        baseOffset,
                        Compression.NONE,
                        producerId,
                        (short) epoch,
                        sequence,
                        leaderEpoch,
                        records)
                .buffer();
    }

    public static ByteBuffer marker(
            long baseOffset,
            int leaderEpoch,
            long timestampMs,
            long producerId,
            int epoch,
            boolean commit,
            int coordinatorEpoch) {
        ControlRecordType type = commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        return MemoryRecords.withEndTransactionMarker(
                        baseOffset,
                        timestampMs,
                        leaderEpoch,
                        producerId,
                        (short) epoch,
                        new EndTransactionMarker(type, coordinatorEpoch))
                .buffer();
    }

    public static SimpleRecord[] records(
            Random random, long timestampMs, int count, int valueBytes) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[valueBytes];
            random.nextBytes(value);
            records[i] = new SimpleRecord(timestampMs + i, new byte[] {(byte) i}, value);
        }
        return records;
    }

    /// All buffers in one.
    public static ByteBuffer concat(ByteBuffer... parts) {
        int bytes = 0;
        for (ByteBuffer part : parts) {
            bytes += part.remaining();
        }
        ByteBuffer all = ByteBuffer.allocate(bytes);
        for (ByteBuffer part : parts) {
            all.put(part.duplicate());
        }
        return all.flip();
    }
}
