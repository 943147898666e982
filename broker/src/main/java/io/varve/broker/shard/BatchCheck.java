// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.FrameTable;
import io.varve.broker.shard.AppendOutcome.RecordFault;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.CorruptBatchException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/// Judges batches by themselves: shape, size, CRC, counts, timestamps, codec. Needs no state of the
/// partition, so it runs in the caller's thread and leaves the shard's one writer thread for what
/// needs order.
///
/// What is looked at inside a batch, and why:
/// - **uncompressed**: every record is walked (its fields and length, offset delta, timestamp), as
///   Kafka does: cheap, and a wrong count would make offsets lie.
/// - **compressed, stored as it came**: the header only. Kafka decompresses every batch to count
///   its records; here a producer that lies about the count inside its own compressed batch hurts
///   the readers of that batch and nobody else, because offsets come from the header, and
///   decompressing would cost more than everything else on the write path.
/// - **another codec asked for, or keys required**: Kafka's own LogValidator, which decompresses
///   and rewrites.
///
/// Thread-safe.
final class BatchCheck {
    private static final int MAGIC_AT = 16;
    private static final int CODEC_MAX = CompressionType.ZSTD.id;

    private final InstantSource clock;
    private final int batchBytesMax;

    BatchCheck(InstantSource clock, int batchBytesMax) {
        this.clock = clock;
        this.batchBytesMax = batchBytesMax;
    }

    /// What came of it.
    sealed interface Result {
        /// Good batches, possibly rewritten into another buffer.
        record Good(ByteBuffer batches, List<Checked> checked) implements Result {}

        /// @param faults the records that are to blame, as far as they are known one by one
        record Bad(Errors error, String message, List<RecordFault> faults) implements Result {
            Bad(Errors error, String message) {
                this(error, message, List.of());
            }
        }
    }

    /// One good batch.
    ///
    /// @param maxTimestampMs largest timestamp of its records, which the header need not say
    ///   rightly
    record Checked(BatchHeader header, long maxTimestampMs) {}

    Result check(AppendRequest request) {
        ByteBuffer batches = request.batches().slice();
        Result shape = shape(request, batches);
        if (!(shape instanceof Result.Good good)) {
            return shape;
        }
        for (Checked batch : good.checked()) {
            Result.Bad bad = checkBatch(request, batch.header());
            if (bad != null) {
                return bad;
            }
        }
        BatchHeader first = good.checked().getFirst().header();
        if (request.origin() == Origin.CLIENT && BatchConversion.needed(request.rules(), first)) {
            Result converted = BatchConversion.convert(request, batches, first, clock.millis());
            return converted instanceof Result.Good rewritten
                    ? sized(request, rewritten)
                    : converted;
        }
        return RecordWalk.check(request, good, clock.millis());
    }

    private Result shape(AppendRequest request, ByteBuffer batches) {
        List<Checked> checked = new ArrayList<>(1);
        int at = 0;
        while (at < batches.limit()) {
            int left = batches.limit() - at;
            if (left > MAGIC_AT
                    && batches.get(at + MAGIC_AT) >= 0
                    && batches.get(at + MAGIC_AT) < BatchHeader.MAGIC) {
                return new Result.Bad(
                        Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT,
                        "old message format: magic="
                                + batches.get(at + MAGIC_AT)
                                + ", needed="
                                + BatchHeader.MAGIC);
            }
            try {
                BatchHeader header = BatchHeader.at(batches, at);
                checked.add(new Checked(header, header.maxTimestampMs()));
                at += header.sizeInBytes();
            } catch (CorruptBatchException e) {
                return new Result.Bad(Errors.CORRUPT_MESSAGE, String.valueOf(e.getMessage()));
            }
        }
        if (checked.isEmpty()
                || checked.size() > FrameTable.BATCHES_MAX
                || (request.origin() == Origin.CLIENT && checked.size() != 1)) {
            return new Result.Bad(
                    Errors.INVALID_RECORD,
                    "an append has exactly one batch per partition: batches=" + checked.size());
        }
        return sized(request, new Result.Good(batches, checked));
    }

    private Result sized(AppendRequest request, Result.Good good) {
        int max =
                request.origin() == Origin.CLIENT
                        ? Math.min(request.rules().maxMessageBytes(), batchBytesMax)
                        : batchBytesMax;
        for (Checked batch : good.checked()) {
            if (batch.header().sizeInBytes() > max) {
                return tooLarge(batch.header().sizeInBytes(), max);
            }
        }
        // An append stays together: all of it goes into one frame.
        return good.batches().limit() > batchBytesMax
                ? tooLarge(good.batches().limit(), batchBytesMax)
                : good;
    }

    private static Result.Bad tooLarge(int bytes, int max) {
        return new Result.Bad(
                Errors.MESSAGE_TOO_LARGE, "batch is too large: bytes=" + bytes + ", max=" + max);
    }

    private static Result.@Nullable Bad checkBatch(AppendRequest request, BatchHeader header) {
        try {
            header.verify();
            if (header.isControl() && request.origin() != Origin.CLIENT) {
                header.facts(); // a control batch is a transaction marker
            }
        } catch (CorruptBatchException e) {
            return new Result.Bad(Errors.CORRUPT_MESSAGE, String.valueOf(e.getMessage()));
        }
        if (request.origin() != Origin.CLIENT) {
            return null;
        }
        if (header.recordCount() <= 0 || header.recordCount() != header.lastOffsetDelta() + 1) {
            return new Result.Bad(
                    Errors.INVALID_RECORD,
                    "count and offsets of batch differ: records="
                            + header.recordCount()
                            + ", lastOffsetDelta="
                            + header.lastOffsetDelta());
        }
        if (header.compressionId() > CODEC_MAX) {
            return new Result.Bad(
                    Errors.UNSUPPORTED_COMPRESSION_TYPE,
                    "unknown codec: id=" + header.compressionId());
        }
        if (header.baseOffset() != 0) {
            return new Result.Bad(
                    Errors.INVALID_RECORD,
                    "offsets of a producer's batch begin at 0: baseOffset=" + header.baseOffset());
        }
        if (header.isControl()) {
            return new Result.Bad(Errors.INVALID_RECORD, "clients write no control batches");
        }
        if (header.timestampType() == TimestampType.LOG_APPEND_TIME
                && request.rules().timestampType() == TimestampType.LOG_APPEND_TIME) {
            return new Result.Bad(
                    Errors.INVALID_TIMESTAMP,
                    "Producer should not set timestamp type to LogAppendTime.");
        }
        if (header.producerId() >= 0 && header.baseSequence() < 0) {
            return new Result.Bad(
                    Errors.INVALID_RECORD,
                    "batch of a producer without a sequence: producerId="
                            + header.producerId()
                            + ", baseSequence="
                            + header.baseSequence());
        }
        return null;
    }

    /// Whether a record's timestamp may be stored. As in Kafka, records without one are let in.
    static boolean mayStore(AppendRules rules, long timestampMs, long nowMs) {
        if (rules.timestampType() != TimestampType.CREATE_TIME
                || timestampMs == RecordBatch.NO_TIMESTAMP) {
            return true;
        }
        long ageMs = nowMs - timestampMs;
        return ageMs <= rules.timestampBeforeMaxMs() && -ageMs <= rules.timestampAfterMaxMs();
    }
}
