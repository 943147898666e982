// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.ShardCommand;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/// What waits for the shard's writer. The futures may be completed by whoever is first: an answer,
/// a loss of leadership, a time limit.
sealed interface Pending {
    /// Nanoseconds on the writer's ticker after which nobody waits any more.
    long deadlineNs();

    /// Bytes that it takes in a frame, roughly.
    int sizeInBytes();

    void refuse(Errors error, String message);

    /// Batches that are good by themselves.
    record Append(
            AppendRequest request,
            BatchCheck.Result.Good batches,
            CompletableFuture<AppendTicket.Assigned> assigned,
            CompletableFuture<AppendOutcome> done,
            long deadlineNs)
            implements Pending {
        @Override
        public int sizeInBytes() {
            return batches.batches().limit();
        }

        @Override
        public void refuse(Errors error, String message) {
            answer(new AppendOutcome.Refused(error, message));
        }

        /// Answers an append that was given no offsets.
        void answer(AppendOutcome outcome) {
            assigned.complete(new AppendTicket.Assigned.NotAppended(outcome));
            done.complete(outcome);
        }
    }

    record Command(ShardCommand command, CompletableFuture<CommandOutcome> done, long deadlineNs)
            implements Pending {
        private static final int FIXED_FIELDS_BYTES = 64;
        private static final int EPOCH_BYTES = 12;

        @Override
        public int sizeInBytes() {
            return switch (command) {
                case ShardCommand.OpenPartition open ->
                        FIXED_FIELDS_BYTES
                                + bytesOf(open.topicName())
                                + bytesOf(open.topicRecordJson());
                case ShardCommand.OpenRestored open ->
                        FIXED_FIELDS_BYTES
                                + bytesOf(open.topicName())
                                + bytesOf(open.topicRecordJson())
                                + EPOCH_BYTES * open.epochs().size();
                case ShardCommand.ClosePartition close ->
                        FIXED_FIELDS_BYTES + bytesOf(close.reason());
                case ShardCommand.ChangeTopic change ->
                        FIXED_FIELDS_BYTES + bytesOf(change.topicRecordJson());
                case ShardCommand.MoveLogStart move -> FIXED_FIELDS_BYTES;
                case ShardCommand.SetArchived archived -> FIXED_FIELDS_BYTES;
                case ShardCommand.RaiseFloor floor -> FIXED_FIELDS_BYTES;
                case ShardCommand.Barrier barrier -> FIXED_FIELDS_BYTES;
            };
        }

        private static int bytesOf(String text) {
            return text.getBytes(StandardCharsets.UTF_8).length;
        }

        @Override
        public void refuse(Errors error, String message) {
            done.complete(new CommandOutcome.Refused(error, message));
        }
    }
}
