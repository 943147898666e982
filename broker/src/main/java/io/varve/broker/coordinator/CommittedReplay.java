// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Plays a partition's committed records back, from its log start to its high watermark. Blocks:
/// for a virtual thread of its own. Owner: one load.
final class CommittedReplay {
    private static final Logger LOG = LoggerFactory.getLogger(CommittedReplay.class);
    private static final long READ_TIMEOUT_MS = 60_000;

    private final OffsetsLog log;
    private final int partition;
    private final int chunkBytes;
    private final BooleanSupplier abandoned;
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();

    /// @param abandoned asked before each read: true ends the replay with an exception
    CommittedReplay(OffsetsLog log, int partition, int chunkBytes, BooleanSupplier abandoned) {
        this.log = log;
        this.partition = partition;
        this.chunkBytes = chunkBytes;
        this.abandoned = abandoned;
    }

    /// How much was played back, and where it ends.
    record Summary(long records, long bytes, long endOffset) {}

    /// Plays everything in `[from, to)` back.
    Summary play(long from, long to, CoordinatorPlayback<CoordinatorRecord> playback)
            throws InterruptedException {
        long next = from;
        long records = 0;
        long bytes = 0;
        while (next < to) {
            MemoryRecords batches = MemoryRecords.readableRecords(read(next));
            long before = next;
            for (MutableRecordBatch batch : batches.batches()) {
                if (batch.lastOffset() < next) {
                    continue; // a read may begin before it was asked to
                }
                batch.ensureValid();
                records +=
                        batch.isControlBatch()
                                ? playMarker(batch, playback)
                                : playRecords(batch, playback);
                bytes += batch.sizeInBytes();
                next = batch.nextOffset();
            }
            if (next == before) {
                next = to; // a hole of compaction reaches up to the end
            }
            playback.updateLastWrittenOffset(next);
            playback.updateLastCommittedOffset(next);
        }
        return new Summary(records, bytes, Math.max(next, to));
    }

    private ByteBuffer read(long offset) throws InterruptedException {
        if (abandoned.getAsBoolean()) {
            throw new NotLeaderOrFollowerException("load abandoned: partition=" + partition);
        }
        try {
            return log.read(partition, offset, chunkBytes)
                    .get(READ_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "offsets cannot be read: partition=" + partition + ", offset=" + offset,
                    e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "offsets were not read in time: partition=" + partition + ", offset=" + offset,
                    e);
        }
    }

    private static long playMarker(
            MutableRecordBatch batch, CoordinatorPlayback<CoordinatorRecord> playback) {
        for (Record record : batch) {
            switch (ControlRecordType.parse(record.key())) {
                case COMMIT ->
                        playback.replayEndTransactionMarker(
                                batch.producerId(),
                                batch.producerEpoch(),
                                TransactionResult.COMMIT);
                case ABORT ->
                        playback.replayEndTransactionMarker(
                                batch.producerId(), batch.producerEpoch(), TransactionResult.ABORT);
                default -> LOG.debug("control record passed over: offset={}", record.offset());
            }
        }
        return 1;
    }

    private long playRecords(
            MutableRecordBatch batch, CoordinatorPlayback<CoordinatorRecord> playback) {
        long played = 0;
        for (Record record : batch) {
            CoordinatorRecord decoded;
            try {
                decoded = serde.deserialize(record.key(), record.value());
            } catch (Deserializer.UnknownRecordTypeException e) {
                LOG.warn(
                        "record of a type unknown here passed over: partition={}, offset={}, type={}",
                        partition,
                        record.offset(),
                        e.unknownType());
                continue;
            }
            playback.replay(record.offset(), batch.producerId(), batch.producerEpoch(), decoded);
            played++;
        }
        return played;
    }
}
