// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.state.PartitionState;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RecoveryRunTest {
    private final ManualClock clock = new ManualClock();
    private final MemoryObjectStore store = new MemoryObjectStore(clock);
    private final BucketBuilder cluster = new BucketBuilder(store, clock, new Random(4));

    private RecoveryRun run(ObjectStore bucket) {
        return new RecoveryRun(bucket, RecoveryOptions.careful("test-run"), clock, step -> {});
    }

    private RecoveryRun forced(ObjectStore bucket) {
        return new RecoveryRun(
                bucket, RecoveryOptions.careful("test-run").withForce(), clock, step -> {});
    }

    /// Two topics in both tiers, groups, and a tail that no journal holds.
    private void live() throws IOException {
        cluster.found(2);
        cluster.createTopic("orders", 3, Map.of("retention.ms", "3600000"));
        cluster.createTopic("__consumer_offsets", 1, Map.of("cleanup.policy", "compact"));
        for (int i = 0; i < 6; i++) {
            cluster.append("orders", i % 3, 1 + i);
            cluster.append("orders", 0, 2, 77, i * 2);
            cluster.commitOffset("readers", "orders", 0, 1 + i);
            cluster.journalAll();
        }
        cluster.segment(cluster.id("orders", 0));
        cluster.checkpoint(1);
        cluster.append("orders", 0, 3, 77, 12);
        cluster.journalAll();
        cluster.append("orders", 1, 5);
        cluster.newLeader(2);
        clock.pass(Duration.ofMinutes(5));
    }

    /// No broker would start there.
    @Test
    void refusesAPrefixThatIsSharedWithAnotherCluster() throws Exception {
        live();
        store.put(
                "team/prod/varve.json",
                ObjectBody.of("another's".getBytes(StandardCharsets.US_ASCII)),
                PutMode.IF_ABSENT);

        assertThatThrownBy(() -> run(store).run())
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("another cluster's prefix lies inside")
                .hasMessageContaining("team/prod/");
        assertThat(ClusterFiles.claim(store, 2)).isEmpty();
    }

    @Test
    void restoresWhatJournalsHold() throws Exception {
        live();

        RecoveryReport report = run(store).run();

        assertThat(report.generation()).isEqualTo(2);
        assertThat(report.restoredFrom()).isEqualTo(1);
        assertThat(report.isWhole()).isTrue();
        RecoveryPlan restored = RecoveryPlanner.plan(store);
        assertThat(restored.source()).isEqualTo(2);
        assertThat(restored.prepared()).isTrue();
        Restored.matches(store, restored, cluster);
    }

    /// Found by the simulation: END objects of the run itself were taken for a life without
    /// metadata.
    @Test
    void aClusterThatJournaledNothingIsRestoredEmpty() throws Exception {
        cluster.found(1);
        clock.pass(Duration.ofMinutes(5));

        RecoveryReport report = run(store).run();

        assertThat(report.isWhole()).isTrue();
        assertThat(report.topics()).isEmpty();
        assertThat(RecoveryPlanner.plan(store).prepared()).isTrue();
    }

    @Test
    void firstCheckpointsCarryProducersEpochsAndMetadata() throws Exception {
        live();
        PartitionState before =
                cluster.shardOf(cluster.id("orders", 0)).ledger(cluster.id("orders", 0)).snapshot();

        run(store).run();

        ShardCheckpoint first = CheckpointStore.read(store, new ShardId(2, 1, 0), 0);
        PartitionState state =
                first.partitions().stream()
                        .filter(each -> each.id().equals(cluster.id("orders", 0)))
                        .findFirst()
                        .orElseThrow();
        assertThat(state.producers()).isEqualTo(before.producers()).hasSize(1);
        assertThat(state.epochs()).isEqualTo(before.epochs());
        assertThat(state.baseEpoch()).isEqualTo(65_536);
        assertThat(state.manifest()).isEqualTo(before.manifest());
        ShardCheckpoint metadata = CheckpointStore.read(store, new ShardId(2, 0, 0), 0);
        assertThat(MetadataFold.from(metadata.metadata()).image().topics())
                .isEqualTo(cluster.shard(0).metadata.image().topics());
        Cut cut = ClusterFiles.cut(store, 2).orElseThrow();
        assertThat(cut.firstProducerId()).isEqualTo(2L << 40);
        assertThat(cut.shards()).hasSize(3);
    }

    @Test
    void everyJournalIsClosedByEnd() throws Exception {
        live();

        run(store).run();

        for (Cut.ShardCut shard : ClusterFiles.cut(store, 2).orElseThrow().shards()) {
            String key = BucketKeys.journal(shard.from(), shard.endIndex());
            assertThat(PackReader.open(store, key).facts().kind()).isEqualTo(PackKind.END);
        }
    }

    @Test
    void journalThatComesBetweenPlanAndEndIsRestored() throws Exception {
        live();
        BucketBuilder.Shard shard = cluster.shardOf(cluster.id("orders", 1));
        String next = BucketKeys.journal(shard.id, shard.journaledIndex);
        FaultyObjectStore racing =
                new FaultyObjectStore(
                        store,
                        request -> {
                            if (request.operation() == io.varve.objectstore.StoreOperation.PUT
                                    && request.key().equals(next)) {
                                try {
                                    cluster.journal(shard.id.shard());
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            }
                            return java.util.Optional.empty();
                        },
                        time -> {});

        run(racing).run();

        Restored.matches(store, RecoveryPlanner.plan(store), cluster);
        assertThat(cluster.survivors(cluster.id("orders", 1))).hasSize(3);
    }

    @Test
    void runAgainChangesNothingAndSaysTheSame() throws Exception {
        live();
        RecoveryReport first = run(store).run();
        TreeMap<String, String> objects = Restored.objects(store);

        RecoveryReport second = run(store).run();

        assertThat(Restored.objects(store)).isEqualTo(objects);
        assertThat(second.generation()).isEqualTo(first.generation());
        assertThat(second.restoredFrom()).isEqualTo(first.restoredFrom());
        assertThat(second.rpo()).isEqualTo(first.rpo());
        assertThat(second.restoredUntil()).isEqualTo(first.restoredUntil());
        assertThat(second.lowered()).isEqualTo(first.lowered());
        assertThat(second.topics().toString()).isEqualTo(first.topics().toString());
    }

    @Test
    void refusesWhileTheOldClusterLives() throws Exception {
        live();
        cluster.sayAlive();
        clock.pass(Duration.ofSeconds(89));
        int objects = store.objects();

        assertThatThrownBy(() -> run(store).run())
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("1-test")
                .hasMessageContaining("89 s ago")
                .hasMessageContaining("--force");
        assertThat(store.objects()).isEqualTo(objects);

        clock.pass(Duration.ofSeconds(1));
        assertThat(run(store).run().generation()).isEqualTo(2);
    }

    @Test
    void forceGoesOnWhileTheOldClusterLives() throws Exception {
        live();
        cluster.sayAlive();

        RecoveryReport report = forced(store).run();

        assertThat(report.generation()).isEqualTo(2);
    }

    @Test
    void goesOnWithAnUnfinishedClaimAndPassesOverAWithdrawnOne() throws Exception {
        live();
        ClusterFiles.claim(store, new GenerationClaim(2, 1, "gone", "restore", 0));
        ClusterFiles.decide(
                store, new Cut(2, 1, "old", 0, List.of(), List.of(), 0, List.of(), "too late"));
        ClusterFiles.claim(store, new GenerationClaim(3, 1, "crashed", "restore", 0));

        RecoveryReport report = run(store).run();

        assertThat(report.generation()).isEqualTo(3);
        assertThat(report.restoredFrom()).isEqualTo(1);
        assertThat(ClusterFiles.generations(store)).containsExactly(1, 2, 3);
        assertThat(ClusterFiles.claim(store, 3).orElseThrow().claimedBy()).isEqualTo("crashed");
    }

    @Test
    void restoreOfARestoreGoesOn() throws Exception {
        live();
        run(store).run();
        cluster.openRestored(ClusterFiles.cut(store, 2).orElseThrow());
        cluster.append("orders", 0, 4);
        cluster.append("orders", 2, 4);
        cluster.journalAll();
        cluster.segment(cluster.id("orders", 0));
        cluster.append("orders", 0, 2);
        clock.pass(Duration.ofMinutes(5));

        RecoveryReport report = run(store).run();

        assertThat(report.generation()).isEqualTo(3);
        assertThat(report.restoredFrom()).isEqualTo(2);
        RecoveryPlan plan = RecoveryPlanner.plan(store);
        Restored.matches(store, plan, cluster);
        assertThat(ClusterFiles.cut(store, 3).orElseThrow().partitions())
                .isNotEmpty()
                .allMatch(partition -> partition.firstEpoch() == 2 * 65_536);
    }

    @Test
    void differentCheckpointOfAnAbandonedAttemptStaysAndTheShardGetsAFreshIncarnation()
            throws Exception {
        live();
        ClusterFiles.claim(store, new GenerationClaim(2, 1, "crashed", "restore", 0));
        ShardCheckpoint other =
                new ShardCheckpoint(
                        BucketBuilder.CLUSTER,
                        new ShardId(2, 1, 0),
                        0,
                        0,
                        0,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of());
        CheckpointStore.put(store, other);

        run(store).run();

        assertThat(CheckpointStore.read(store, new ShardId(2, 1, 0), 0).partitions()).isEmpty();
        assertThat(
                        ClusterFiles.cut(store, 2).orElseThrow().shards().stream()
                                .map(Cut.ShardCut::to)
                                .toList())
                .containsExactly(new ShardId(2, 0, 0), new ShardId(2, 1, 1), new ShardId(2, 2, 0));
        Restored.matches(store, RecoveryPlanner.plan(store), cluster);
    }

    /// Every request of a run fails once, before and after its work; then the run is repeated.
    @Test
    void interruptedAnywhereAndRunAgainEndsTheSame() throws Exception {
        live();
        TreeMap<String, String> before = Restored.objects(store);
        MemoryObjectStore undisturbed = copyOf(before);
        forced(undisturbed).run();
        TreeMap<String, String> expected = Restored.objects(undisturbed);
        long requests = requestsOf(before);
        assertThat(requests).isGreaterThan(50);
        for (long at = 0; at < requests; at++) {
            for (Fault fault : List.of(new Fault.FailBefore(), new Fault.FailAfter())) {
                MemoryObjectStore bucket = copyOf(before);
                long number = at;
                ScriptedFaults faults = new ScriptedFaults();
                faults.add(0, 1, request -> request.number() == number, fault);
                try {
                    forced(faulty(bucket, faults)).run();
                } catch (ObjectStoreException.Transient e) {
                    assertThat(e).hasMessageContaining("made up");
                }

                forced(bucket).run();

                assertThat(Restored.objects(bucket))
                        .as("request=%d, fault=%s", at, fault)
                        .isEqualTo(expected)
                        .containsAllEntriesOf(before);
            }
        }
    }

    private long requestsOf(Map<String, String> objects) throws Exception {
        long[] highest = new long[1];
        FaultyObjectStore counting =
                new FaultyObjectStore(
                        copyOf(objects),
                        request -> {
                            highest[0] = request.number() + 1;
                            return java.util.Optional.empty();
                        },
                        time -> {});
        forced(counting).run();
        return highest[0];
    }

    private FaultyObjectStore faulty(ObjectStore bucket, ScriptedFaults faults) {
        return new FaultyObjectStore(bucket, faults, time -> {});
    }

    private MemoryObjectStore copyOf(Map<String, String> objects) throws ObjectStoreException {
        MemoryObjectStore copy = new MemoryObjectStore(new ManualClock());
        for (Map.Entry<String, String> object : objects.entrySet()) {
            copy.put(
                    object.getKey(),
                    ObjectBody.of(java.util.HexFormat.of().parseHex(object.getValue())),
                    PutMode.IF_ABSENT);
        }
        return copy;
    }
}
