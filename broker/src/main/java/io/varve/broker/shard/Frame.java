// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.FrameTable;
import io.varve.manifest.PartitionId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/// A frame that the writer made: what goes to Raft, and who waits for it.
///
/// @param leadership the leadership that it was made in
/// @param appends appends whose records are in it
/// @param repeats repeated sends that were met while it was made; their records are in this frame,
///   in an earlier one, or applied
/// @param commands its commands, in the table's order
/// @param durable completes when it is on this broker's disk
/// @param end completes when it was applied here or nobody can tell
record Frame(
        Object leadership,
        FrameTable table,
        ByteBuffer body,
        List<Placed> appends,
        List<Repeat> repeats,
        List<Pending.Command> commands,
        Set<PartitionId> partitions,
        long submittedNs,
        CompletableFuture<Void> durable,
        CompletableFuture<End> end) {
    /// Records with their offsets.
    record Placed(
            Pending.Append append,
            long baseOffset,
            long endOffset,
            OptionalLong logAppendTimeMs,
            PartitionReplica replica) {}

    /// A repeated send, and where its records were put.
    record Repeat(
            Pending.Append append, long baseOffset, long endOffset, PartitionReplica replica) {
        AppendOutcome.Duplicate outcome() {
            return new AppendOutcome.Duplicate(baseOffset, endOffset, replica.logStart());
        }
    }

    /// How a frame ended.
    sealed interface End {
        record Applied(ShardState.Result result) implements End {}

        record Lost(String why) implements End {}
    }

    int sizeInBytes() {
        return body.limit();
    }

    /// Ties every answer to what becomes of the frame.
    void answerWhenDone() {
        for (Placed placed : appends) {
            AppendOutcome appended =
                    new AppendOutcome.Appended(
                            placed.baseOffset(),
                            placed.endOffset(),
                            placed.logAppendTimeMs(),
                            placed.replica().logStart());
            answerAppend(placed.append(), placed.replica().id(), appended);
            placed.append()
                    .assigned()
                    .complete(
                            new AppendTicket.Assigned.At(placed.baseOffset(), placed.endOffset()));
        }
        var ignored = end.thenAccept(this::answerCommands);
    }

    boolean holds(Repeat repeat) {
        return appends.stream()
                .anyMatch(placed ->
                        placed.replica() == repeat.replica()
                                && placed.baseOffset() <= repeat.baseOffset()
                                && placed.endOffset() >= repeat.endOffset());
    }

    /// A repeated send of records that are in this frame gets its answer with them.
    void answerWith(Repeat repeat) {
        answerAppend(repeat.append(), repeat.replica().id(), repeat.outcome());
        repeat.append()
                .assigned()
                .complete(new AppendTicket.Assigned.NotAppended(repeat.outcome()));
    }

    private void answerAppend(Pending.Append append, PartitionId id, AppendOutcome good) {
        switch (append.request().acks()) {
            case NONE -> append.done().complete(good);
            case LEADER -> {
                var ignored = durable.thenRun(() -> append.done().complete(good));
                var unusedEnd =
                        end.thenAccept(how -> append.done().complete(outcome(how, id, good)));
            }
            case ALL -> {
                var ignored = end.thenAccept(how -> append.done().complete(outcome(how, id, good)));
            }
        }
    }

    private static AppendOutcome outcome(End how, PartitionId id, AppendOutcome good) {
        return switch (how) {
            case End.Applied(ShardState.Result result) ->
                    result.dropped().contains(id)
                            ? new AppendOutcome.Refused(
                                    Errors.NOT_LEADER_OR_FOLLOWER,
                                    "written for a state that did not come true: partition=" + id)
                            : good;
            case End.Lost(String why) ->
                    new AppendOutcome.Refused(Errors.NOT_LEADER_OR_FOLLOWER, why);
        };
    }

    private void answerCommands(End how) {
        for (int i = 0; i < commands.size(); i++) {
            switch (how) {
                case End.Applied(ShardState.Result result) ->
                        commands.get(i).done().complete(result.outcomes().get(i));
                case End.Lost(String why) ->
                        commands.get(i).refuse(Errors.NOT_LEADER_OR_FOLLOWER, why);
            }
        }
    }

    /// Answers everybody who still waits; what becomes of the frame is not known.
    void giveUp(Errors error, String message) {
        appends.forEach(placed -> placed.append().refuse(error, message));
        commands.forEach(command -> command.refuse(error, message));
    }
}
