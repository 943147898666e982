// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a restore adds behind a partition's restored end: markers for open transactions, and
/// offsets that stay unused.
class RestoredOpeningTest {
    private final ManualClock clock = new ManualClock();
    private final MemoryObjectStore store = new MemoryObjectStore(clock);
    private final BucketBuilder cluster = new BucketBuilder(store, clock, new Random(4));

    @BeforeEach
    void live() throws Exception {
        cluster.found(1);
        cluster.createTopic("orders", 2, Map.of());
        cluster.createTopic("__consumer_offsets", 1, Map.of());
        cluster.append("orders", 0, 3);
        cluster.appendTransactional("orders", 0, 2, 91, 0);
        cluster.append("orders", 0, 1);
        cluster.appendTransactional("orders", 0, 1, 92, 0);
        cluster.append("orders", 1, 4);
        cluster.commitOffset("readers", "orders", 1, 9);
        cluster.journalAll();
        cluster.append("orders", 1, 5); // lost
        clock.pass(Duration.ofMinutes(5));
    }

    private RecoveryOptions options() {
        return RecoveryOptions.careful("test-run").withForce();
    }

    private RecoveryReport run(RecoveryOptions options) throws Exception {
        return new RecoveryRun(store, options, clock, step -> {}).run();
    }

    private PartitionState opened(String topic, int partition, int generation) throws Exception {
        PartitionId id = cluster.id(topic, partition);
        ShardCheckpoint first =
                CheckpointStore.read(
                        store, new ShardId(generation, cluster.shardOf(id).id.shard(), 0), 0);
        return first.partitions().stream()
                .filter(state -> state.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private Cut.PartitionCut cut(String topic, int partition, int generation) throws Exception {
        return ClusterFiles.cut(store, generation).orElseThrow().partitions().stream()
                .filter(row -> row.id().equals(cluster.id(topic, partition)))
                .findFirst()
                .orElseThrow();
    }

    private List<BatchFacts> batches(PartitionPlan plan, long from) throws Exception {
        List<BatchFacts> facts = new ArrayList<>();
        new PartitionContent(store, plan)
                .read(
                        from,
                        batch -> {
                            facts.add(batch.facts());
                            assertThat(BatchHeader.at(batch.bytes(), batch.bytes().position()))
                                    .isNotNull();
                            return true;
                        });
        return facts;
    }

    @Test
    void openTransactionsAreAbortedByMarkersThatFollowTheRestoredEnd() throws Exception {
        RecoveryPlan before = RecoveryPlanner.plan(store);
        assertThat(before.partition("orders", 0).orElseThrow().openTransactions()).isEqualTo(2);

        run(options());

        PartitionState state = opened("orders", 0, 2);
        PartitionLedger ledger = PartitionLedger.from(state);
        assertThat(state.highWatermark()).isEqualTo(7 + 2);
        assertThat(ledger.openTransactions()).isEmpty();
        assertThat(ledger.lastStableOffset()).isEqualTo(9);
        assertThat(state.aborted())
                .containsExactly(new AbortedTxn(91, 3, 7, 6), new AbortedTxn(92, 6, 8, 9));
        assertThat(state.epochs().getLast()).isEqualTo(new EpochStart(65_536, 7));
        assertThat(cut("orders", 0, 2).endOffset()).isEqualTo(9);
        PartitionPlan restored = RecoveryPlanner.plan(store).partition("orders", 0).orElseThrow();
        List<BatchFacts> markers = batches(restored, 7);
        assertThat(markers).hasSize(2);
        assertThat(markers)
                .allMatch(marker -> marker.kind() == BatchFacts.Kind.ABORT_MARKER)
                .extracting(BatchFacts::producerId)
                .containsExactly(91L, 92L);
        assertThat(RecoveryPlanner.plan(store).lost()).isEmpty();
    }

    @Test
    void aRestoreOfTheRestoreKeepsTheMarkers() throws Exception {
        run(options());
        cluster.openRestored(ClusterFiles.cut(store, 2).orElseThrow());
        cluster.append("orders", 0, 2);
        cluster.journalAll();

        run(options());

        PartitionPlan plan = RecoveryPlanner.plan(store).partition("orders", 0).orElseThrow();
        assertThat(plan.endOffset()).isEqualTo(11);
        assertThat(plan.openTransactions()).isZero();
        assertThat(batches(plan, 0)).hasSize(7);
        assertThat(RecoveryPlanner.plan(store).lost()).isEmpty();
    }

    @Test
    void thePlanRecommendsAGapWhenAGroupIsAhead() throws Exception {
        RecoveryPlan plan = RecoveryPlanner.plan(store);

        assertThat(plan.lowered()).hasSize(1);
        assertThat(plan.recommendedOffsetGap()).isEqualTo(1_000);
    }

    @Test
    void newRecordsStartBehindTheGapAndNothingIsMissing() throws Exception {
        run(options().withOffsetGap(1_000));

        PartitionState state = opened("orders", 1, 2);
        assertThat(state.highWatermark()).isEqualTo(1_004);
        assertThat(state.archivedEnd()).isZero();
        assertThat(state.epochs().getLast()).isEqualTo(new EpochStart(65_536, 4));
        assertThat(cut("orders", 1, 2).endOffset()).isEqualTo(4);
        assertThat(cut("orders", 1, 2).offsetGap()).isEqualTo(1_000);
        assertThat(opened("orders", 0, 2).highWatermark()).isEqualTo(9 + 1_000);
        assertThat(opened("__consumer_offsets", 0, 2).highWatermark())
                .as("internal topics have no readers of their own")
                .isEqualTo(1);
        assertThat(RecoveryPlanner.plan(store).lost()).isEmpty();

        cluster.openRestored(ClusterFiles.cut(store, 2).orElseThrow());
        cluster.append("orders", 1, 2);
        cluster.journalAll();
        RecoveryPlan second = RecoveryPlanner.plan(store);
        assertThat(second.lost()).isEmpty();
        PartitionPlan orders = second.partition("orders", 1).orElseThrow();
        assertThat(orders.endOffset()).isEqualTo(1_006);
        assertThat(batches(orders, 0).stream().map(BatchFacts::baseOffset).toList())
                .containsExactly(0L, 1_004L);
        assertThat(PartitionLedger.from(orders.state()).endOffsetForEpoch(1).orElseThrow())
                .as("where clients of the old cluster must go back to")
                .isEqualTo(new PartitionLedger.EpochEnd(1, 4));
    }

    @Test
    void gapsOfTwoRestoresAreBothKnown() throws Exception {
        run(options().withOffsetGap(10));
        cluster.openRestored(ClusterFiles.cut(store, 2).orElseThrow());
        run(options().withOffsetGap(100));
        cluster.openRestored(ClusterFiles.cut(store, 3).orElseThrow());
        cluster.append("orders", 1, 2);
        cluster.journalAll();

        RecoveryPlan plan = RecoveryPlanner.plan(store);

        assertThat(plan.lost()).isEmpty();
        PartitionPlan orders = plan.partition("orders", 1).orElseThrow();
        assertThat(orders.endOffset()).isEqualTo(4 + 10 + 100 + 2);
        assertThat(batches(orders, 0)).hasSize(2);
    }

    @Test
    void aRunWithAnotherGapAfterACrashTakesAFreshIncarnation() throws Exception {
        io.varve.objectstore.faulty.ScriptedFaults faults =
                new io.varve.objectstore.faulty.ScriptedFaults()
                        .next(
                                1,
                                io.varve.objectstore.StoreOperation.PUT,
                                "generations/00000002.cut.json",
                                new io.varve.objectstore.faulty.Fault.FailBefore());
        assertThatThrownBy(() ->
                        new RecoveryRun(
                                        new io.varve.objectstore.faulty.FaultyObjectStore(
                                                store, faults, time -> {}),
                                        options().withOffsetGap(10),
                                        clock,
                                        step -> {})
                                .run())
                .isInstanceOf(io.varve.objectstore.ObjectStoreException.Transient.class);

        run(options().withOffsetGap(20));

        Cut cut = ClusterFiles.cut(store, 2).orElseThrow();
        assertThat(cut.shards())
                .extracting(Cut.ShardCut::to)
                .contains(new ShardId(2, 0, 0), new ShardId(2, 1, 1));
        assertThat(cut("orders", 1, 2).offsetGap()).isEqualTo(20);
        assertThat(RecoveryPlanner.plan(store).lost()).isEmpty();
    }

    /// The runner's clock may be anything: only the store's counts.
    @Test
    void theAgeOfASignOfLifeIsTakenFromTheStoresOwnClock() throws Exception {
        for (Duration wrong : List.of(Duration.ofDays(-400), Duration.ofDays(400))) {
            ManualClock runners = new ManualClock();
            runners.pass(wrong);
            cluster.sayAlive();
            clock.pass(Duration.ofSeconds(60));
            assertThatThrownBy(() ->
                            new RecoveryRun(
                                            store,
                                            RecoveryOptions.careful("far"),
                                            runners,
                                            step -> {})
                                    .run())
                    .as("runner's clock is off by %s", wrong)
                    .isInstanceOf(RecoveryException.class)
                    .hasMessageContaining("old cluster lives")
                    .hasMessageContaining("60 s ago");
            assertThat(ClusterFiles.generations(store)).containsExactly(1);
        }
        clock.pass(Duration.ofSeconds(31));
        ManualClock runners = new ManualClock();
        runners.pass(Duration.ofDays(-400));
        assertThat(
                        new RecoveryRun(store, RecoveryOptions.careful("far"), runners, step -> {})
                                .run()
                                .generation())
                .isEqualTo(2);
    }
}
