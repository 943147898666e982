// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.faulty.FaultPlan;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.RandomFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import io.varve.recovery.PartitionContent;
import io.varve.recovery.PartitionPlan;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.RecoveryOptions;
import io.varve.recovery.RecoveryPlan;
import io.varve.recovery.RecoveryPlanner;
import io.varve.recovery.RecoveryRun;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.jspecify.annotations.Nullable;

/// A cluster of a metadata shard and a data shard over a store that fails, with time, chance and
/// all steps in one thread. What is acknowledged is what the tiers' logs hold.
final class ClusterSimulation {
    private static final String CLUSTER = "simulatedCluster00000w";
    private static final PartitionId METADATA = new PartitionId(Uuid.METADATA_TOPIC_ID, 0);
    private static final long HOUR_MS = 3_600_000;
    private static final int PARTITIONS_MAX = 6;

    final ManualClock clock = new ManualClock();
    final MemoryObjectStore truth = new MemoryObjectStore(clock);
    private final SplittableRandom random;
    private final ArchiveContext context;
    private final ArchivePolicies policies;
    private final Faults faults;
    private final TreeMap<String, PartitionId> topics = new TreeMap<>();
    private final Map<PartitionId, Long> openTransactions = new TreeMap<>();
    SimulatedShard metadata;
    SimulatedShard data;
    private int generation = 1;
    private int named;
    private long producerId = 1_000;

    /// Faults that can be switched off.
    private static final class Faults implements FaultPlan {
        private final RandomFaults chance;
        private boolean on = true;

        Faults(SplittableRandom random) {
            this.chance =
                    new RandomFaults(
                            random,
                            Map.of(
                                    RandomFaults.Kind.FAIL_BEFORE, 0.02,
                                    RandomFaults.Kind.FAIL_AFTER, 0.03,
                                    RandomFaults.Kind.THROTTLE, 0.02,
                                    RandomFaults.Kind.KEEP_ONE, 0.2),
                            Long.MAX_VALUE);
        }

        @Override
        public java.util.Optional<io.varve.objectstore.faulty.Fault> next(Request request) {
            return on ? chance.next(request) : java.util.Optional.empty();
        }
    }

    ClusterSimulation(long seed, Path temporary) throws ObjectStoreException {
        this.random = new SplittableRandom(seed);
        this.faults = new Faults(random.split());
        ObjectStore lying = new FaultyObjectStore(truth, faults, time -> {});
        this.context =
                new ArchiveContext(
                        lying,
                        CLUSTER,
                        "simulation",
                        temporary,
                        ArchiveSettings.defaults(),
                        clock,
                        random.split());
        Policy policy =
                new Policy(
                        OptionalLong.of(30 * HOUR_MS),
                        OptionalLong.of(40_000),
                        5_000,
                        2 * HOUR_MS,
                        false,
                        true);
        this.policies = partition -> policy;
        ClusterFiles.createIdentity(truth, new ClusterIdentity(1, CLUSTER, clock.millis()));
        ClusterFiles.claim(truth, new GenerationClaim(1, 0, "sim", "founded", clock.millis()));
        opened();
        this.metadata = shard(new RecordedHotTier(new ShardId(1, 0, 0), clock));
        this.data = shard(new RecordedHotTier(new ShardId(1, 1, 0), clock));
        metadata.tier.open(METADATA, "__cluster_metadata", "");
        createTopic();
        shipMetadata();
    }

    private void shipMetadata() {
        faults.on = false;
        metadata.settle();
        faults.on = true;
    }

    private SimulatedShard shard(RecordedHotTier tier) {
        return new SimulatedShard(tier, context, policies);
    }

    private void opened() throws ObjectStoreException {
        BrokerAlive alive = new BrokerAlive("1-sim", 1, "PLAINTEXT://127.0.0.1:1", clock.millis());
        ClusterFiles.found(truth, generation, alive);
        ClusterFiles.sayAlive(truth, generation, alive);
    }

    /// One thing happens.
    ///
    /// @return what, for the message of a failure
    String event() {
        PartitionId id = anyPartition();
        return switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5, 6 -> append(id);
            case 7, 8 -> transaction(id);
            case 9, 10 -> pass(random.nextInt(3) == 0 ? HOUR_MS : 10_000);
            case 11 -> pass(12 * HOUR_MS);
            case 12, 13, 14 -> on("steps", shard -> shard.stepSome(random));
            case 15, 16 -> on("settled", SimulatedShard::settle);
            case 17 -> on("leader changes", SimulatedShard::changeLeader);
            case 18 -> on("crash", SimulatedShard::crash);
            case 19 -> on("zombies notice", SimulatedShard::zombiesNotice);
            case 20 -> ask(id);
            case 21 -> deleteRecords(id);
            case 22 -> freeLocal(id);
            default -> random.nextInt(3) == 0 ? deleteTopic() : createTopic();
        };
    }

    private String append(@Nullable PartitionId id) {
        if (id != null) {
            data.tier.append(id, 1 + random.nextInt(4), random.nextInt(1_500));
        }
        return "append";
    }

    private String pass(long msMax) {
        clock.advanceMs(random.nextLong(msMax));
        return "time passes";
    }

    private String on(String what, Consumer<SimulatedShard> action) {
        action.accept(either());
        return what;
    }

    private SimulatedShard either() {
        return random.nextInt(4) == 0 ? metadata : data;
    }

    private @Nullable PartitionId anyPartition() {
        List<PartitionId> open = List.copyOf(topics.values());
        return open.isEmpty() ? null : open.get(random.nextInt(open.size()));
    }

    private String createTopic() {
        if (topics.size() >= PARTITIONS_MAX) {
            return "nothing";
        }
        String name = "topic-" + named++;
        Uuid topicId = new Uuid(random.nextLong() | 1, random.nextLong());
        PartitionId id = new PartitionId(topicId, 0);
        metadata.tier.appendMetadata(METADATA, new TopicRecord().setName(name).setTopicId(topicId));
        metadata.tier.appendMetadata(
                METADATA,
                new PartitionRecord()
                        .setTopicId(topicId)
                        .setPartitionId(0)
                        .setReplicas(List.of(1))
                        .setIsr(List.of(1))
                        .setLeader(1)
                        .setDirectories(List.of(ShardDirectories.of(1))));
        data.tier.open(id, name, new TopicDocument(name, topicId, 1, Map.of()).toLine());
        topics.put(name, id);
        return "topic created: " + name;
    }

    private String deleteTopic() {
        if (topics.isEmpty()) {
            return "nothing";
        }
        String name = List.copyOf(topics.keySet()).get(random.nextInt(topics.size()));
        PartitionId id = topics.remove(name);
        openTransactions.remove(id);
        metadata.tier.appendMetadata(METADATA, new RemoveTopicRecord().setTopicId(id.topicId()));
        shipMetadata(); // a deletion counts once its journal is there, then the shards close
        data.tier.close(id);
        return "topic deleted: " + name;
    }

    private String transaction(@Nullable PartitionId id) {
        if (id == null) {
            return "nothing";
        }
        Long open = openTransactions.remove(id);
        if (open == null) {
            data.tier.appendTransactional(id, producerId, 0, 1 + random.nextInt(3));
            openTransactions.put(id, producerId++);
            return "transaction opened";
        }
        data.tier.endTransaction(id, open, random.nextBoolean());
        return "transaction ended";
    }

    private String ask(@Nullable PartitionId id) {
        SimulatedShard shard = either();
        ShardJobs.Open open = shard.jobs.open();
        if (open != null) {
            assertThat(open.checkpointer().demand()).isNotNull();
            if (id != null && shard == data) {
                open.segmenter().ask(List.of(id));
            }
        }
        return "segment and checkpoint asked for";
    }

    private String deleteRecords(@Nullable PartitionId id) {
        if (id == null) {
            return "nothing";
        }
        PartitionLedger ledger = data.tier.ledgers.get(id);
        long start = ledger.logStart();
        long end = ledger.lastStableOffset();
        if (end > start) {
            try {
                data.leader.moveLogStart(id, start + 1 + random.nextLong(end - start));
            } catch (ShardSource.CommandFailedException e) {
                throw new AssertionError(e);
            }
        }
        return "records deleted";
    }

    /// Local disk forgets what is archived, or all that is below the floor.
    private String freeLocal(@Nullable PartitionId id) {
        if (id != null) {
            data.tier.freeBelow(id, data.tier.ledgers.get(id).archivedEnd());
        }
        SimulatedShard shard = either();
        if (random.nextBoolean()) {
            shard.tier.purgeLogBelow(Math.max(shard.tier.floorIndex, shard.tier.firstIndex));
        }
        return "local files freed";
    }

    /// The two sentences, as far as names and sizes tell.
    void checkNames() throws Exception {
        SimulationChecks.nothingNamedIsMissing(truth, data.tier);
        SimulationChecks.nothingNamedIsMissing(truth, metadata.tier);
        SimulationChecks.acknowledgedIsHeldSomewhere(truth, data.tier);
    }

    /// All machines are gone; the bucket alone tells. Compares with the log as far as journals go,
    /// then a new generation goes on from there.
    void destroyAndRestore() throws Exception {
        data.zombiesNotice();
        metadata.zombiesNotice();
        clock.advanceMs(HOUR_MS);
        RecoveryPlan plan = RecoveryPlanner.plan(truth);
        assertThat(plan.lost()).isEmpty();
        SimulationChecks.planIsTheJournaledPart(truth, plan, data.tier);
        runStubbornly();
        generation++;
        Cut cut = ClusterFiles.cut(truth, generation).orElseThrow();
        RecoveryPlan restored = RecoveryPlanner.plan(truth);
        assertThat(restored.prepared()).isTrue();
        assertThat(restored.lost()).isEmpty();
        opened();
        Map<Integer, SimulatedShard> next = new TreeMap<>();
        for (Cut.ShardCut row : cut.shards()) {
            ShardCheckpoint first = CheckpointStore.read(truth, row.to(), 0);
            RecordedHotTier tier = RecordedHotTier.restored(first, clock);
            for (PartitionId id : tier.ledgers.keySet()) {
                restored.partition(id).ifPresent(part -> tier.batches.put(id, read(part)));
            }
            next.put(row.to().shard(), shard(tier));
        }
        metadata = next.get(0);
        data = next.get(1);
        topics.clear();
        restored.topics()
                .forEach(topic ->
                        topic.partitions().forEach(part -> topics.put(topic.name(), part.id())));
        openTransactions.clear();
        // what the new controller does with partitions of topics that are no more
        for (PartitionId id : List.copyOf(data.tier.ledgers.keySet())) {
            if (!topics.containsValue(id)) {
                data.tier.close(id);
            }
        }
    }

    private void runStubbornly() throws Exception {
        long gap = random.nextInt(2) * random.nextLong(50);
        for (int tries = 0; tries < 12; tries++) {
            faults.on = tries < 10; // so many requests in a row seldom go well
            try {
                new RecoveryRun(
                                context.store(),
                                RecoveryOptions.careful("sim-" + tries)
                                        .withForce()
                                        .withOffsetGap(gap),
                                clock,
                                step -> {})
                        .run();
                faults.on = true;
                return;
            } catch (ObjectStoreException e) {
                clock.advanceMs(1_000);
            } catch (RecoveryException e) {
                throw new AssertionError("refused", e);
            }
        }
        throw new AssertionError("never restored");
    }

    private TreeMap<Long, RecordedHotTier.Stored> read(PartitionPlan part) {
        TreeMap<Long, RecordedHotTier.Stored> batches = new TreeMap<>();
        try {
            new PartitionContent(truth, part)
                    .read(
                            part.logStart(),
                            batch -> {
                                batches.put(batch.baseOffset(), stored(batch));
                                return true;
                            });
        } catch (ObjectStoreException e) {
            throw new AssertionError(e);
        }
        return batches;
    }

    private RecordedHotTier.Stored stored(BatchHeader batch) {
        byte[] bytes = new byte[batch.sizeInBytes()];
        batch.bytes().get(bytes);
        return new RecordedHotTier.Stored(
                ByteBuffer.wrap(bytes), batch.endOffset(), clock.millis());
    }

    /// The store tells the truth; all that is waiting gets done, and graces pass.
    void calm() {
        faults.on = false;
        for (int i = 0; i < 4; i++) {
            clock.advanceMs(3 * HOUR_MS);
            for (SimulatedShard shard : new ArrayList<>(List.of(metadata, data))) {
                shard.settle();
            }
        }
        faults.on = true;
    }
}
