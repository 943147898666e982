// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.CommandSlice;
import io.varve.broker.log.DataSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.log.Slice;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/// What a shard's frames add up to: the same on every replica, because apply reads no clock, no
/// disk and no setting that may differ. A frame or slice of an earlier leadership is dropped here,
/// by rules that need nothing but the frame and the state.
///
/// Owner: the apply thread. [#partition] and [#partitions] may be called from any thread.
final class ShardState {
    private final ShardId shard;
    private final PartitionReplica.LocalData local;
    private final LongSupplier newestTerm;
    private final long producerExpiryMs;
    private final ConcurrentSkipListMap<PartitionId, PartitionReplica> open =
            new ConcurrentSkipListMap<>();
    private final Map<PartitionId, ClosedPartition> closed = new TreeMap<>();
    private final ConcurrentHashMap<PartitionId, Departed> departed = new ConcurrentHashMap<>();
    private volatile long lastFrameTimeMs;
    private long floorEnd;

    ShardState(
            ShardId shard,
            PartitionReplica.LocalData local,
            LongSupplier newestTerm,
            long producerExpiryMs) {
        this.shard = shard;
        this.local = local;
        this.newestTerm = newestTerm;
        this.producerExpiryMs = producerExpiryMs;
    }

    /// What applying one entry did.
    ///
    /// @param kept the slices that count, in order; none when the frame is of another leadership
    /// @param dropped data slices that do not count
    /// @param outcomes one for each command of the frame, in order
    /// @param changed partitions of which something moved
    /// @param floor a floor that was raised
    record Result(
            FrameTable kept,
            Set<PartitionId> dropped,
            List<CommandOutcome> outcomes,
            Set<PartitionId> changed,
            Optional<ShardCommand.RaiseFloor> floor) {
        /// Partitions that left with this frame.
        List<PartitionId> closed() {
            List<PartitionId> closed = new ArrayList<>();
            for (Slice slice : kept.slices()) {
                if (slice instanceof CommandSlice(ShardCommand.ClosePartition close)) {
                    closed.add(close.id());
                }
            }
            return closed;
        }

        boolean droppedAny() {
            return !dropped.isEmpty();
        }
    }

    /// Starts from a checkpoint, in place of whatever was there.
    void load(ShardCheckpoint checkpoint) {
        Set<PartitionId> kept = new HashSet<>();
        for (PartitionState state : checkpoint.partitions()) {
            open.put(state.id(), replica(PartitionLedger.from(state)));
            kept.add(state.id());
        }
        open.forEach((id, replica) -> {
            if (!kept.contains(id)) {
                replica.close();
            }
        });
        open.keySet().retainAll(kept);
        closed.clear();
        checkpoint.closed().forEach(partition -> closed.put(partition.id(), partition));
        lastFrameTimeMs = checkpoint.lastFrameTimeMs();
        floorEnd = checkpoint.endIndex();
    }

    private PartitionReplica replica(PartitionLedger ledger) {
        return new PartitionReplica(shard, ledger, local, newestTerm);
    }

    Optional<PartitionReplica> partition(PartitionId id) {
        return Optional.ofNullable(open.get(id));
    }

    Collection<PartitionReplica> partitions() {
        return Collections.unmodifiableCollection(open.values());
    }

    /// What is known of a partition that left since this process started.
    record Departed(String topicName, long endOffset) {}

    Optional<Departed> departed(PartitionId id) {
        return Optional.ofNullable(departed.get(id));
    }

    long lastFrameTimeMs() {
        return lastFrameTimeMs;
    }

    /// Makes rows of what counts of a frame.
    @FunctionalInterface
    interface Rows {
        void of(FrameTable kept);
    }

    /// Applies a frame; readers see new records when their rows are made, no sooner.
    ///
    /// @param term, index of the Raft entry
    Result apply(long term, long index, FrameTable frame, Rows rows) {
        Result result = fold(term, index, frame);
        rows.of(result.kept());
        for (PartitionId id : result.changed()) {
            PartitionReplica replica = open.get(id);
            if (replica != null) {
                replica.show();
            }
        }
        return result;
    }

    private Result fold(long term, long index, FrameTable frame) {
        if (frame.writerTerm() != term) {
            return ofAnotherLeadership(frame);
        }
        lastFrameTimeMs = Math.max(lastFrameTimeMs, frame.leaderTimeMs());
        List<Slice> kept = new ArrayList<>(frame.slices().size());
        Set<PartitionId> dropped = new HashSet<>();
        List<CommandOutcome> outcomes = new ArrayList<>();
        Set<PartitionId> changed = new HashSet<>();
        Optional<ShardCommand.RaiseFloor> floor = Optional.empty();
        for (Slice slice : frame.slices()) {
            switch (slice) {
                case DataSlice data -> {
                    if (append(data)) {
                        kept.add(data);
                        changed.add(data.id());
                    } else {
                        dropped.add(data.id());
                    }
                }
                case CommandSlice(ShardCommand command) -> {
                    CommandOutcome outcome = command(index, command, changed);
                    outcomes.add(outcome);
                    if (outcome instanceof CommandOutcome.Applied) {
                        kept.add(slice);
                        floor =
                                command instanceof ShardCommand.RaiseFloor raised
                                        ? Optional.of(raised)
                                        : floor;
                    }
                }
            }
        }
        return new Result(
                new FrameTable(frame.writerTerm(), lastFrameTimeMs, kept),
                dropped,
                outcomes,
                changed,
                floor);
    }

    private Result ofAnotherLeadership(FrameTable frame) {
        Set<PartitionId> dropped = new HashSet<>();
        List<CommandOutcome> outcomes = new ArrayList<>();
        for (Slice slice : frame.slices()) {
            if (slice instanceof DataSlice data) {
                dropped.add(data.id());
            } else {
                outcomes.add(
                        new CommandOutcome.Refused(
                                Errors.NOT_LEADER_OR_FOLLOWER,
                                "frame of another leadership: writerTerm=" + frame.writerTerm()));
            }
        }
        FrameTable nothing = new FrameTable(frame.writerTerm(), lastFrameTimeMs, List.of());
        return new Result(nothing, dropped, outcomes, Set.of(), Optional.empty());
    }

    /// @return false when the slice is not at the end of an open partition: it was assigned on
    ///   state that did not come true
    private boolean append(DataSlice data) {
        PartitionReplica replica = open.get(data.id());
        if (replica == null || data.baseOffset() != replica.appliedEnd()) {
            return false;
        }
        replica.changeUnseen(ledger -> {
            // Before the append: who starts from a checkpoint has forgotten them already, and what
            // is kept of a producer must be the same everywhere.
            ledger.expireProducers(lastFrameTimeMs, producerExpiryMs);
            for (BatchFacts batch : data.batches()) {
                ledger.append(batch, data.leaderEpoch(), lastFrameTimeMs);
            }
            replica.history().appended(data.baseOffset(), lastFrameTimeMs, data.length());
            replica.history().forgetBelow(ledger.archivedEnd());
        });
        return true;
    }

    private CommandOutcome command(long index, ShardCommand command, Set<PartitionId> changed) {
        CommandOutcome outcome =
                switch (command) {
                    case ShardCommand.OpenPartition open -> open(index, open);
                    case ShardCommand.OpenRestored restored -> open(index, restored);
                    case ShardCommand.ClosePartition close -> close(index, close);
                    case ShardCommand.ChangeTopic change -> changeTopic(index, change);
                    case ShardCommand.MoveLogStart move -> moveLogStart(index, move);
                    case ShardCommand.SetArchived archived -> setArchived(index, archived);
                    case ShardCommand.RaiseFloor floor -> raiseFloor(index, floor);
                    case ShardCommand.Barrier barrier -> new CommandOutcome.Applied(index);
                };
        if (outcome instanceof CommandOutcome.Applied) {
            idOf(command).ifPresent(changed::add);
        }
        return outcome;
    }

    private static Optional<PartitionId> idOf(ShardCommand command) {
        return switch (command) {
            case ShardCommand.OpenPartition open -> Optional.of(open.id());
            case ShardCommand.OpenRestored restored -> Optional.of(restored.id());
            case ShardCommand.ClosePartition close -> Optional.of(close.id());
            case ShardCommand.ChangeTopic change -> Optional.of(change.id());
            case ShardCommand.MoveLogStart move -> Optional.of(move.id());
            case ShardCommand.SetArchived archived -> Optional.of(archived.id());
            case ShardCommand.RaiseFloor floor -> Optional.empty();
            case ShardCommand.Barrier barrier -> Optional.empty();
        };
    }

    private CommandOutcome open(long index, ShardCommand.OpenPartition command) {
        return open(
                index,
                command.id(),
                () ->
                        PartitionLedger.open(
                                command.id(),
                                command.topicName(),
                                command.topicRecordJson(),
                                command.baseEpoch(),
                                command.startOffset()));
    }

    private CommandOutcome open(long index, ShardCommand.OpenRestored command) {
        return open(
                index,
                command.id(),
                () -> {
                    PartitionLedger ledger =
                            PartitionLedger.open(
                                    command.id(),
                                    command.topicName(),
                                    command.topicRecordJson(),
                                    command.baseEpoch(),
                                    command.endOffset());
                    ledger.adopt(command.logStart(), command.manifest(), command.epochs());
                    return ledger;
                });
    }

    private CommandOutcome open(long index, PartitionId id, Supplier<PartitionLedger> ledger) {
        if (open.containsKey(id)) {
            return new CommandOutcome.Unchanged(index, "partition is open: partition=" + id);
        }
        if (closed.containsKey(id)) {
            return new CommandOutcome.Refused(
                    Errors.UNKNOWN_TOPIC_ID, "partition was closed here: partition=" + id);
        }
        open.put(id, replica(ledger.get()));
        return new CommandOutcome.Applied(index);
    }

    private CommandOutcome close(long index, ShardCommand.ClosePartition command) {
        PartitionReplica replica = open.remove(command.id());
        if (replica == null) {
            return new CommandOutcome.Unchanged(
                    index, "partition is not open: partition=" + command.id());
        }
        replica.close();
        departed.put(command.id(), new Departed(replica.topicName(), replica.appliedEnd()));
        closed.put(
                command.id(),
                new ClosedPartition(command.id(), replica.topicName(), lastFrameTimeMs));
        return new CommandOutcome.Applied(index);
    }

    private CommandOutcome changeTopic(long index, ShardCommand.ChangeTopic command) {
        PartitionReplica replica = open.get(command.id());
        if (replica == null) {
            return notOpen(command.id());
        }
        if (replica.topicRecord().equals(command.topicRecordJson())) {
            return new CommandOutcome.Unchanged(
                    index, "topic is so already: partition=" + command.id());
        }
        replica.change(ledger -> {
            ledger.topicChanged(command.topicRecordJson());
            return true;
        });
        return new CommandOutcome.Applied(index);
    }

    private CommandOutcome moveLogStart(long index, ShardCommand.MoveLogStart command) {
        PartitionReplica replica = open.get(command.id());
        if (replica == null) {
            return notOpen(command.id());
        }
        if (command.logStart() > replica.appliedEnd()) {
            return new CommandOutcome.Refused(
                    Errors.OFFSET_OUT_OF_RANGE,
                    "log start behind the end: partition="
                            + command.id()
                            + ", logStart="
                            + command.logStart()
                            + ", highWatermark="
                            + replica.highWatermark());
        }
        boolean moved = replica.change(ledger -> ledger.moveLogStart(command.logStart()));
        return moved
                ? new CommandOutcome.Applied(index)
                : new CommandOutcome.Unchanged(
                        index, "log start is there: partition=" + command.id());
    }

    private CommandOutcome setArchived(long index, ShardCommand.SetArchived command) {
        PartitionReplica replica = open.get(command.id());
        if (replica == null) {
            return notOpen(command.id());
        }
        if (command.archivedEnd() > replica.appliedEnd()) {
            return new CommandOutcome.Refused(
                    Errors.OFFSET_OUT_OF_RANGE,
                    "archived end behind the end: partition="
                            + command.id()
                            + ", archivedEnd="
                            + command.archivedEnd()
                            + ", highWatermark="
                            + replica.highWatermark());
        }
        boolean moved =
                replica.change(
                        ledger -> ledger.archived(command.archivedEnd(), command.manifest()));
        return moved
                ? new CommandOutcome.Applied(index)
                : new CommandOutcome.Unchanged(
                        index, "archived that far: partition=" + command.id());
    }

    private CommandOutcome raiseFloor(long index, ShardCommand.RaiseFloor command) {
        if (command.endIndex() <= floorEnd) {
            return new CommandOutcome.Unchanged(index, "floor is there: floor=" + floorEnd);
        }
        if (command.endIndex() > index) {
            return new CommandOutcome.Refused(
                    Errors.INVALID_REQUEST,
                    "floor above the log: endIndex=" + command.endIndex() + ", index=" + index);
        }
        floorEnd = command.endIndex();
        return new CommandOutcome.Applied(index);
    }

    private static CommandOutcome notOpen(PartitionId id) {
        return new CommandOutcome.Refused(
                Errors.UNKNOWN_TOPIC_OR_PARTITION, "partition is not open: partition=" + id);
    }
}
