// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.batch.Batches;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Finds records by time inside batches, as Kafka does. Stateless.
public final class RecordsByTime {
    private RecordsByTime() {}

    /// The first record in `[from, to)` of these batches at or after a time. Decompresses.
    ///
    /// @throws org.apache.kafka.common.KafkaException the records cannot be decoded
    public static Optional<TimedOffset> first(
            ByteBuffer batches, long from, long to, long timestampMs) {
        for (RecordBatch batch : Batches.records(batches).batches()) {
            if (batch.maxTimestamp() < timestampMs || batch.lastOffset() < from) {
                continue;
            }
            for (Record record : batch) {
                if (record.offset() >= from
                        && record.offset() < to
                        && record.timestamp() >= timestampMs) {
                    return Optional.of(
                            new TimedOffset(
                                    record.timestamp(),
                                    record.offset(),
                                    batch.partitionLeaderEpoch()));
                }
            }
        }
        return Optional.empty();
    }
}
