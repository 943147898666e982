// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.shard.AppendOutcome.RecordFault;
import io.varve.broker.shard.BatchCheck.Checked;
import io.varve.broker.shard.BatchCheck.Result;
import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.jspecify.annotations.Nullable;

/// Kafka's LogValidator, for batches that must be looked into or stored in another codec. Works on
/// a copy. Thread-safe.
final class BatchConversion {
    private static final LogValidator.MetricsRecorder UNCOUNTED =
            new LogValidator.MetricsRecorder() {
                @Override
                public void recordInvalidMagic() {}

                @Override
                public void recordInvalidOffset() {}

                @Override
                public void recordInvalidSequence() {}

                @Override
                public void recordInvalidChecksums() {}

                @Override
                public void recordNoKeyCompactedTopic() {}
            };

    private BatchConversion() {}

    static boolean needed(AppendRules rules, BatchHeader batch) {
        Compression target = rules.compression();
        return rules.keysRequired()
                || (target != null && target.type().id != batch.compressionId());
    }

    static Result convert(
            AppendRequest request, ByteBuffer batches, BatchHeader batch, long nowMs) {
        ByteBuffer copy =
                ByteBuffer.allocate(batches.limit()).put(batches.duplicate().rewind()).flip();
        AppendRules rules = request.rules();
        CompressionType source = CompressionType.forId(batch.compressionId());
        Compression target = rules.compression();
        try {
            MemoryRecords validated = validate(request.id(), copy, rules, source, target, nowMs);
            ByteBuffer bytes = validated.buffer().slice();
            BatchHeader rewritten = BatchHeader.at(bytes, 0);
            return new Result.Good(
                    bytes, List.of(new Checked(rewritten, rewritten.maxTimestampMs())));
        } catch (RecordValidationException e) {
            return new Result.Bad(
                    Errors.forException(e.invalidException()),
                    String.valueOf(e.getMessage()),
                    faults(e));
        } catch (KafkaException e) {
            Errors error = Errors.forException(e);
            return new Result.Bad(
                    error == Errors.UNKNOWN_SERVER_ERROR ? Errors.CORRUPT_MESSAGE : error,
                    String.valueOf(e.getMessage()));
        }
    }

    /// Kafka's verdict on batches, and what it would store. Writes to the batches.
    ///
    /// @throws RecordValidationException, KafkaException they must not be stored
    static MemoryRecords validate(
            PartitionId id,
            ByteBuffer batches,
            AppendRules rules,
            CompressionType source,
            @Nullable Compression target,
            long nowMs) {
        return new LogValidator(
                        MemoryRecords.readableRecords(batches),
                        new TopicPartition(id.topicId().toString(), id.partition()),
                        new FrozenTime(nowMs),
                        source,
                        target == null ? Compression.of(source).build() : target,
                        rules.keysRequired(),
                        BatchHeader.MAGIC,
                        rules.timestampType(),
                        rules.timestampBeforeMaxMs(),
                        rules.timestampAfterMaxMs(),
                        0,
                        AppendOrigin.CLIENT)
                .validateMessagesAndAssignOffsets(
                        PrimitiveRef.ofLong(0), UNCOUNTED, BufferSupplier.NO_CACHING)
                .validatedRecords();
    }

    private static List<RecordFault> faults(RecordValidationException e) {
        return e.recordErrors().stream()
                .limit(RecordWalk.FAULTS_MAX)
                .map(error -> new RecordFault(error.batchIndex, String.valueOf(error.message)))
                .toList();
    }

    /// The moment of the append, as Kafka's code wants to be told.
    private record FrozenTime(long nowMs) implements Time {
        @Override
        public long milliseconds() {
            return nowMs;
        }

        @Override
        public long nanoseconds() {
            return nowMs * 1_000_000;
        }

        @Override
        public void sleep(long ms) {
            throw new UnsupportedOperationException("a moment does not pass: ms=" + ms);
        }

        @Override
        public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
            throw new UnsupportedOperationException(
                    "a moment does not pass: deadlineMs=" + deadlineMs);
        }
    }
}
