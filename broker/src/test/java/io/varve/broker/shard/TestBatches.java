// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Record batches as producers send them.
final class TestBatches {
    static final long TIME_MS = 1_700_000_000_000L;

    private TestBatches() {}

    static ByteBuffer plain(int records) {
        return build(records, Compression.NONE, RecordBatch.NO_PRODUCER_ID, (short) -1, -1, false);
    }

    static ByteBuffer idempotent(long producerId, int epoch, int sequence, int records) {
        return build(records, Compression.NONE, producerId, (short) epoch, sequence, false);
    }

    static ByteBuffer build(
            int records,
            Compression compression,
            long producerId,
            short epoch,
            int sequence,
            boolean transactional) {
        ByteBuffer buffer = ByteBuffer.allocate(256 + records * 128);
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        buffer,
                        RecordBatch.CURRENT_MAGIC_VALUE,
                        compression,
                        TimestampType.CREATE_TIME,
                        0,
                        TIME_MS,
                        producerId,
                        epoch,
                        sequence,
                        transactional,
                        RecordBatch.NO_PARTITION_LEADER_EPOCH);
        for (int i = 0; i < records; i++) {
            builder.append(TIME_MS + i, null, ("value-" + i).getBytes(StandardCharsets.UTF_8));
        }
        return builder.build().buffer();
    }

    /// One batch of about this many bytes, at most 30 fewer, one record.
    static ByteBuffer sized(int bytes) {
        int overhead = 61 + 10;
        ByteBuffer buffer = ByteBuffer.allocate(bytes + 256);
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(buffer, Compression.NONE, TimestampType.CREATE_TIME, 0L);
        builder.append(TIME_MS, null, new byte[bytes - overhead]);
        return builder.build().buffer();
    }
}
