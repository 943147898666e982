// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.shard.AppendOutcome.RecordFault;
import io.varve.broker.shard.BatchCheck.Checked;
import io.varve.broker.shard.BatchCheck.Result;
import io.varve.manifest.batch.BatchHeader;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.ByteUtils;
import org.jspecify.annotations.Nullable;

/// Walks the records of uncompressed batches without decoding them: whether each one's fields add
/// up to its length, its offset delta and its timestamp. What Kafka's own classes could not read
/// must not get in: it would stop every consumer of the partition. Pure.
final class RecordWalk {
    /// Records named in one answer at most; Kafka names all, which may be more bytes than the batch
    /// had.
    static final int FAULTS_MAX = 100;

    private RecordWalk() {}

    static Result check(AppendRequest request, Result.Good good, long nowMs) {
        AppendRules rules = request.rules();
        boolean client = request.origin() == Origin.CLIENT;
        List<Checked> walked = new ArrayList<>(good.checked().size());
        for (Checked batch : good.checked()) {
            BatchHeader header = batch.header();
            Result.Bad bad = null;
            if (header.compressionId() == 0) {
                Walk walk = walk(good.batches(), header, client ? rules : null, nowMs);
                walked.add(new Checked(header, walk.maxTimestampMs()));
                bad = walk.bad();
            } else {
                walked.add(batch);
                if (client && !BatchCheck.mayStore(rules, batch.maxTimestampMs(), nowMs)) {
                    bad = invalidTimestamps(List.of());
                }
            }
            if (bad != null) {
                return bad;
            }
        }
        return new Result.Good(good.batches(), walked);
    }

    /// What a walk found: what is wrong, or the largest timestamp.
    private record Walk(Result.@Nullable Bad bad, long maxTimestampMs) {}

    /// @param rules for timestamps; null when they are not held to any
    private static Walk walk(
            ByteBuffer batches, BatchHeader header, @Nullable AppendRules rules, long nowMs) {
        int end = header.position() + header.sizeInBytes();
        ByteBuffer in =
                batches.duplicate()
                        .limit(end)
                        .position(header.position() + BatchHeader.HEADER_BYTES);
        List<RecordFault> late = new ArrayList<>(0);
        long max = -1;
        try {
            for (int i = 0; i < header.recordCount(); i++) {
                int length = ByteUtils.readVarint(in);
                int next = in.position() + length;
                if (length < 0 || next > end) {
                    return invalid(
                            "record does not fit its batch: record=" + i + ", bytes=" + length);
                }
                in.get(); // attributes
                long timestampMs = header.baseTimestampMs() + ByteUtils.readVarlong(in);
                int delta = ByteUtils.readVarint(in);
                if (delta != i) {
                    return invalid(
                            "offsets inside batch are not dense: record="
                                    + i
                                    + ", offsetDelta="
                                    + delta);
                }
                skipFields(in);
                if (in.position() != next) {
                    return invalid(
                            "fields of a record differ from its length: record="
                                    + i
                                    + ", bytes="
                                    + length
                                    + ", fields="
                                    + (in.position() - next + length));
                }
                if (rules != null
                        && !BatchCheck.mayStore(rules, timestampMs, nowMs)
                        && late.size() < FAULTS_MAX) {
                    late.add(new RecordFault(i, outOfRange(rules, i, timestampMs, nowMs)));
                }
                max = Math.max(max, timestampMs);
            }
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return invalid("records are damaged: " + e.getMessage());
        }
        if (in.hasRemaining()) {
            return invalid(
                    "more records than the batch counts: records="
                            + header.recordCount()
                            + ", bytesBehind="
                            + in.remaining());
        }
        return new Walk(late.isEmpty() ? null : invalidTimestamps(late), max);
    }

    /// Key, value and headers.
    private static void skipFields(ByteBuffer in) {
        skip(in, ByteUtils.readVarint(in));
        skip(in, ByteUtils.readVarint(in));
        int headers = ByteUtils.readVarint(in);
        if (headers < 0 || headers > in.remaining()) {
            throw new IllegalArgumentException("bad number of record headers: " + headers);
        }
        for (int i = 0; i < headers; i++) {
            int keyLength = ByteUtils.readVarint(in);
            if (keyLength < 0) {
                throw new IllegalArgumentException("record header without a key: header=" + i);
            }
            skip(in, keyLength);
            skip(in, ByteUtils.readVarint(in));
        }
    }

    /// A negative length says that there is none.
    private static void skip(ByteBuffer in, int length) {
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        in.position(in.position() + Math.max(0, length));
    }

    private static Walk invalid(String fact) {
        return new Walk(new Result.Bad(Errors.INVALID_RECORD, fact), -1);
    }

    /// Kafka's words: some clients show them.
    private static Result.Bad invalidTimestamps(List<RecordFault> faults) {
        return new Result.Bad(
                Errors.INVALID_TIMESTAMP,
                "One or more records have been rejected due to invalid timestamp",
                faults);
    }

    private static String outOfRange(AppendRules rules, int record, long timestampMs, long nowMs) {
        return "Timestamp "
                + timestampMs
                + " of message with offset "
                + record
                + " is out of range. The timestamp should be within ["
                + (nowMs - rules.timestampBeforeMaxMs())
                + ", "
                + (nowMs + rules.timestampAfterMaxMs())
                + "]";
    }
}
