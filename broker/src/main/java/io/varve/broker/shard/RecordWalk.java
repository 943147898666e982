// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

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

/// Walks the records of uncompressed batches without decoding them: each one's length, offset delta
/// and timestamp. Pure.
final class RecordWalk {
    private RecordWalk() {}

    static Result check(AppendRequest request, Result.Good good, long nowMs) {
        AppendRules rules = request.rules();
        List<Checked> walked = new ArrayList<>(good.checked().size());
        for (Checked batch : good.checked()) {
            BatchHeader header = batch.header();
            if (header.compressionId() == 0) {
                Walk walk = walk(good.batches(), header);
                if (walk.bad() != null) {
                    return walk.bad();
                }
                walked.add(new Checked(header, walk.maxTimestampMs()));
                batch = new Checked(header, walk.minTimestampMs());
            } else {
                walked.add(batch);
            }
            if (request.origin() == Origin.CLIENT) {
                Result.Bad bad = BatchCheck.checkTimestamp(rules, batch.maxTimestampMs(), nowMs);
                bad =
                        bad != null
                                ? bad
                                : BatchCheck.checkTimestamp(
                                        rules, walked.getLast().maxTimestampMs(), nowMs);
                if (bad != null) {
                    return bad;
                }
            }
        }
        return new Result.Good(good.batches(), walked);
    }

    /// What a walk found: the first fault, or the range of timestamps.
    private record Walk(Result.@Nullable Bad bad, long minTimestampMs, long maxTimestampMs) {}

    private static Walk walk(ByteBuffer batches, BatchHeader header) {
        int end = header.position() + header.sizeInBytes();
        ByteBuffer in =
                batches.duplicate()
                        .limit(end)
                        .position(header.position() + BatchHeader.HEADER_BYTES);
        long min = Long.MAX_VALUE;
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
                min = Math.min(min, timestampMs);
                max = Math.max(max, timestampMs);
                in.position(next);
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
        return new Walk(null, Math.min(min, max), max);
    }

    private static Walk invalid(String fact) {
        return new Walk(new Result.Bad(Errors.INVALID_RECORD, fact), -1, -1);
    }
}
