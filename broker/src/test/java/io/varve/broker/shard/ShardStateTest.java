// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static io.varve.broker.shard.ShardBroker.SHARD;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.log.CommandSlice;
import io.varve.broker.log.DataSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.log.Slice;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/// What apply lets count and what it drops.
class ShardStateTest {
    private static final long DAY_MS = 86_400_000;

    private final ShardState state = new ShardState(SHARD, new MemoryFrameLog(), () -> 1, DAY_MS);

    @Test
    void dropsAFrameThatWasMadeForAnotherTerm() {
        open();

        ShardState.Result result = state.apply(3, 11, frame(2, data(0, 5)), kept -> {});

        assertThat(result.kept().slices()).isEmpty();
        assertThat(result.dropped()).containsExactly(P0);
        assertThat(highWatermark()).isZero();
    }

    @Test
    void dropsASliceThatIsNotAtTheEndOfItsPartitionAndKeepsTheOthers() {
        open();

        ShardState.Result result = state.apply(1, 11, frame(1, data(3, 2), data(0, 2)), kept -> {});

        assertThat(result.kept().slices()).containsExactly(data(0, 2));
        assertThat(result.dropped()).containsExactly(P0);
        assertThat(highWatermark()).isEqualTo(2);
    }

    @Test
    void readersSeeNewRecordsOnlyWhenTheirRowsAreMade() {
        open();
        List<Long> seen = new ArrayList<>();

        state.apply(1, 11, frame(1, data(0, 4)), kept -> seen.add(highWatermark()));

        assertThat(seen).containsExactly(0L);
        assertThat(highWatermark()).isEqualTo(4);
    }

    @Test
    void droppedFrameOfCommandsChangesNothing() {
        ShardState.Result result = state.apply(3, 11, frame(2, openSlice()), kept -> {});

        assertThat(state.partition(P0)).isEmpty();
        assertThat(result.outcomes()).singleElement().isInstanceOf(CommandOutcome.Refused.class);
    }

    @Test
    void openingTwiceChangesNothingAndAClosedPartitionStaysClosed() {
        assertThat(command(10, openSlice())).isEqualTo(new CommandOutcome.Applied(10));
        assertThat(command(11, openSlice())).isInstanceOf(CommandOutcome.Unchanged.class);
        assertThat(command(12, new CommandSlice(new ShardCommand.ClosePartition(P0, "deleted"))))
                .isEqualTo(new CommandOutcome.Applied(12));
        assertThat(command(13, new CommandSlice(new ShardCommand.ClosePartition(P0, "deleted"))))
                .isInstanceOf(CommandOutcome.Unchanged.class);
        assertThat(command(14, openSlice()))
                .isInstanceOfSatisfying(
                        CommandOutcome.Refused.class,
                        refused -> assertThat(refused.error()).isEqualTo(Errors.UNKNOWN_TOPIC_ID));
    }

    @Test
    void aRestoredPartitionOpensBehindRecordsThatAreInTheBucket() {
        ShardCommand.OpenRestored restored =
                new ShardCommand.OpenRestored(
                        P0,
                        "topic",
                        "{}",
                        7,
                        3,
                        20,
                        new ManifestRef(1, 2),
                        List.of(new EpochStart(2, 3), new EpochStart(6, 12)));

        assertThat(command(10, new CommandSlice(restored)))
                .isEqualTo(new CommandOutcome.Applied(10));
        assertThat(command(11, new CommandSlice(restored)))
                .isInstanceOf(CommandOutcome.Unchanged.class);
        DataSlice next = new DataSlice(P0, 8, 0, 100, data(20, 4).batches());
        state.apply(1, 12, frame(1, next), kept -> {});

        PartitionState now = state.partition(P0).orElseThrow().state();
        assertThat(now.logStart()).isEqualTo(3);
        assertThat(now.archivedEnd()).isEqualTo(20);
        assertThat(now.highWatermark()).isEqualTo(24);
        assertThat(now.manifest()).isEqualTo(new ManifestRef(1, 2));
        assertThat(now.epochs())
                .containsExactly(
                        new EpochStart(2, 3), new EpochStart(6, 12), new EpochStart(8, 20));
    }

    @Test
    void endsNeverPassTheHighWatermark() {
        open();
        state.apply(1, 11, frame(1, data(0, 4)), kept -> {});

        assertThat(command(12, new CommandSlice(new ShardCommand.MoveLogStart(P0, 5))))
                .isInstanceOf(CommandOutcome.Refused.class);
        assertThat(
                        command(
                                13,
                                new CommandSlice(
                                        new ShardCommand.SetArchived(
                                                P0, 5, new ManifestRef(1, 1)))))
                .isInstanceOf(CommandOutcome.Refused.class);
        assertThat(command(14, new CommandSlice(new ShardCommand.MoveLogStart(P0, 4))))
                .isEqualTo(new CommandOutcome.Applied(14));
        assertThat(state.partition(P0).orElseThrow().archivedEnd()).isEqualTo(4);
    }

    @Test
    void frameTimeNeverGoesBack() {
        open();
        state.apply(1, 11, new FrameTable(1, 2_000, List.of(data(0, 1))), kept -> {});
        ShardState.Result result =
                state.apply(1, 12, new FrameTable(1, 1_000, List.of(data(1, 1))), kept -> {});

        assertThat(result.kept().leaderTimeMs()).isEqualTo(2_000);
        assertThat(state.lastFrameTimeMs()).isEqualTo(2_000);
    }

    @Test
    void aFloorAboveTheLogIsRefusedAndAnOlderOneChangesNothing() {
        assertThat(command(10, new CommandSlice(new ShardCommand.RaiseFloor(11, 1))))
                .isInstanceOf(CommandOutcome.Refused.class);
        assertThat(command(11, new CommandSlice(new ShardCommand.RaiseFloor(9, 1))))
                .isInstanceOf(CommandOutcome.Applied.class);
        assertThat(command(12, new CommandSlice(new ShardCommand.RaiseFloor(8, 1))))
                .isInstanceOf(CommandOutcome.Unchanged.class);
    }

    /// Found by ShardSimulationTest: checkpoints forget who was silent for a day, also in a
    /// partition where nothing was appended meanwhile.
    @Test
    void whatIsKeptOfAProducerDoesNotDependOnTheCheckpointThatAReplicaStartedFrom() {
        open();
        state.apply(1, 11, produced(1_000, 0), kept -> {});
        PartitionState before = state.partition(P0).orElseThrow().state();
        assertThat(before.producers()).hasSize(1);
        ShardState other = new ShardState(SHARD, new MemoryFrameLog(), () -> 1, DAY_MS);
        other.load(checkpoint(withoutProducers(before)));

        FrameTable later = produced(2_000 + DAY_MS, 1);
        state.apply(1, 12, later, kept -> {});
        other.apply(1, 12, later, kept -> {});

        assertThat(state.partition(P0).orElseThrow().state())
                .isEqualTo(other.partition(P0).orElseThrow().state());
    }

    private static PartitionState withoutProducers(PartitionState state) {
        return new PartitionState(
                state.id(),
                state.topicName(),
                state.topicRecord(),
                state.baseEpoch(),
                state.logStart(),
                state.archivedEnd(),
                state.highWatermark(),
                state.manifest(),
                state.epochs(),
                state.aborted(),
                List.of());
    }

    private static ShardCheckpoint checkpoint(PartitionState partition) {
        return new ShardCheckpoint(
                "cluster",
                SHARD,
                12,
                1,
                1_000,
                List.of(partition),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    /// One record of a producer, with the next sequence.
    private static FrameTable produced(long timeMs, int offset) {
        BatchFacts batch =
                new BatchFacts(
                        offset,
                        1,
                        100,
                        timeMs,
                        7,
                        (short) 0,
                        offset,
                        false,
                        BatchFacts.Kind.DATA,
                        -1);
        return new FrameTable(1, timeMs, List.of(new DataSlice(P0, 1, 0, 100, List.of(batch))));
    }

    private void open() {
        assertThat(command(1, openSlice())).isInstanceOf(CommandOutcome.Applied.class);
    }

    private CommandOutcome command(long index, Slice slice) {
        return state.apply(1, index, frame(1, slice), kept -> {}).outcomes().getFirst();
    }

    private static CommandSlice openSlice() {
        return new CommandSlice(new ShardCommand.OpenPartition(P0, "topic", "{}", 0, 0));
    }

    private static FrameTable frame(long writerTerm, Slice... slices) {
        return new FrameTable(writerTerm, 1_000, List.of(slices));
    }

    private static DataSlice data(long base, int records) {
        BatchFacts batch =
                new BatchFacts(
                        base, records, 100, 5, -1, (short) -1, -1, false, BatchFacts.Kind.DATA, -1);
        return new DataSlice(P0, 1, 0, 100, List.of(batch));
    }

    private long highWatermark() {
        return state.partition(P0).orElseThrow().highWatermark();
    }
}
