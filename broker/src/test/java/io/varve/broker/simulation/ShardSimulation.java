// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.Acks;
import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendRequest;
import io.varve.broker.shard.AppendRules;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.Origin;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.metadata.MetadataRecords;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.RecoveryPlan;
import io.varve.recovery.RecoveryPlanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// A cluster of a metadata shard and a data shard: real shard logs on disks that forget, real
/// shards, real archivers over a bucket that lies; Raft is played. All steps, time and chance in
/// one thread. Owner: the test.
final class ShardSimulation {
    private static final PartitionId METADATA = new PartitionId(Uuid.METADATA_TOPIC_ID, 0);
    private static final String METADATA_TOPIC = "__cluster_metadata";
    private static final int TOPICS_MAX = 4;
    private static final int QUIET_DAYS = 5;
    private static final long DAY_MS = 24 * SimulatedWorld.HOUR_MS;

    final SimulatedWorld world;
    final Clients clients;
    private final SplittableRandom random;
    private final TreeMap<String, PartitionId> topics = new TreeMap<>();
    private SimulatedShard metadata;
    private SimulatedShard data;
    private final int replicas;
    private int generation = 1;
    private int named;

    ShardSimulation(long seed, Path temporary, Tally tally) throws ObjectStoreException {
        this.random = new SplittableRandom(seed);
        this.world = new SimulatedWorld(random.split(), temporary, tally);
        this.clients = new Clients(world, random.split());
        ClusterFiles.createIdentity(
                world.bucket, new ClusterIdentity(1, SimulatedWorld.CLUSTER, world.clock.millis()));
        ClusterFiles.claim(
                world.bucket, new GenerationClaim(1, 0, "sim", "founded", world.clock.millis()));
        opened();
        this.replicas = random.nextInt(4) == 0 ? 1 : 3;
        this.metadata =
                shard(new ShardId(1, 0, 0), 1, new TrueLog((id, batch) -> {}), Optional.empty());
        this.data = shard(new ShardId(1, 1, 0), replicas, new TrueLog(clients), Optional.empty());
        submitSurely(
                metadata,
                new ShardCommand.OpenPartition(
                        METADATA,
                        METADATA_TOPIC,
                        new TopicDocument(METADATA_TOPIC, METADATA.topicId(), 1, Map.of()).toLine(),
                        0,
                        0));
        createTopic();
        shipMetadata();
        world.faults(true);
    }

    private SimulatedShard shard(
            ShardId id, int size, TrueLog truth, Optional<ShardCheckpoint> first) {
        return new SimulatedShard(id, size, world, random.split(), truth, first);
    }

    private void opened() throws ObjectStoreException {
        BrokerAlive alive =
                new BrokerAlive("1-sim", 1, "PLAINTEXT://127.0.0.1:1", world.clock.millis());
        ClusterFiles.found(world.bucket, generation, alive);
        ClusterFiles.sayAlive(world.bucket, generation, alive);
    }

    // --- events

    /// One thing happens.
    ///
    /// @return what, for the message of a failure
    String event() throws IOException {
        return switch (random.nextInt(49)) {
            case 0, 1, 2, 3 -> write();
            case 4, 5, 6, 7, 8, 9, 10, 11 -> writeMuch();
            case 12, 13 -> groupSteps();
            case 14, 15, 16 -> on("all goes on", shard -> shard.group.pump());
            case 17, 18 -> pass(random.nextInt(3) == 0 ? SimulatedWorld.HOUR_MS : 10_000);
            case 19 -> pass(12 * SimulatedWorld.HOUR_MS);
            case 20, 21, 22, 23 -> on("archivers step", SimulatedShard::stepArchivers);
            case 24, 25 -> on("archive settled", SimulatedShard::settle);
            case 26, 27 -> askAndSettle();
            case 28 -> on("another leader", shard -> shard.group.changeLeader());
            case 29 -> on("cut off", shard -> shard.group.cutOff());
            case 30, 31 -> on("in touch again", shard -> shard.group.heal());
            case 32 -> on("crash", shard -> shard.group.crashOne());
            case 33, 34 -> on("power goes soon", shard -> shard.group.cutPowerSoon());
            case 35, 36, 37, 38 -> on("all start", shard -> shard.group.startAll());
            case 39 -> crashAll();
            case 40 -> ask();
            case 41 -> deleteRecords();
            case 42, 43, 44 -> freeLocal();
            case 45 -> storeComesAndGoes();
            case 46 -> fallBehind();
            case 47 -> twoLeaders();
            default -> random.nextInt(3) == 0 ? deleteTopic() : createTopic();
        };
    }

    private interface Action {
        void on(SimulatedShard shard) throws IOException;
    }

    private String on(String what, Action action) throws IOException {
        SimulatedShard shard = random.nextInt(6) == 0 ? metadata : data;
        action.on(shard);
        shard.processesMayBeGone();
        return what;
    }

    private List<SimulatedReplica> believers() {
        return data.group.up().stream()
                .filter(replica -> replica.shard().leadership().readyTerm().isPresent())
                .toList();
    }

    private Optional<PartitionId> anyPartition() {
        List<PartitionId> open = List.copyOf(topics.values());
        return open.isEmpty()
                ? Optional.empty()
                : Optional.of(open.get(random.nextInt(open.size())));
    }

    /// To whoever says that it leads.
    private String write() {
        List<SimulatedReplica> believers = believers();
        if (believers.isEmpty()) {
            return "nobody to write to";
        }
        SimulatedReplica to = believers.get(random.nextInt(believers.size()));
        boolean leads = data.group.leader().filter(to::equals).isPresent();
        anyPartition()
                .ifPresent(id -> {
                    if (random.nextBoolean()) {
                        clients.append(to.shard(), id);
                    } else {
                        clients.produce(to.shard(), leads, id);
                    }
                });
        return "write";
    }

    private String writeMuch() {
        data.group.electIfNeeded();
        boolean quick = random.nextBoolean();
        for (int i = 2 + random.nextInt(12); i > 0; i--) {
            write();
            for (int steps = random.nextInt(quick ? 12 : 40); steps > 0; steps--) {
                data.group.step();
            }
        }
        if (quick) {
            data.group.pump();
        }
        data.processesMayBeGone();
        return "writes";
    }

    private String groupSteps() {
        for (int i = random.nextInt(60); i > 0; i--) {
            data.group.step();
        }
        data.processesMayBeGone();
        return "steps";
    }

    private String pass(long msMax) {
        world.clock.advanceMs(random.nextLong(msMax));
        return "time passes";
    }

    private String crashAll() {
        data.group.crashAll();
        data.processesMayBeGone();
        data.group.startAll();
        data.group.electIfNeeded();
        return "everything crashes and starts";
    }

    private String ask() {
        SimulatedShard shard = random.nextInt(4) == 0 ? metadata : data;
        shard.ask(shard == data ? topics.values() : List.of());
        return "segments and checkpoint asked for";
    }

    /// What was written so far gets below the floor, and may leave the local disk soon.
    private String askAndSettle() {
        pass(20_000);
        data.settle();
        ask();
        data.settle();
        data.processesMayBeGone();
        return "archived up to the end";
    }

    private String deleteRecords() {
        List<SimulatedReplica> believers = believers();
        if (!believers.isEmpty()) {
            LocalShard shard = believers.getFirst().shard();
            anyPartition()
                    .flatMap(shard::partition)
                    .filter(view -> view.lastStableOffset() > view.logStart())
                    .ifPresent(view -> {
                        long start =
                                view.logStart()
                                        + 1
                                        + random.nextLong(
                                                view.lastStableOffset() - view.logStart());
                        data.deletionAsked(view.id(), start);
                        var ignored = shard.submit(new ShardCommand.MoveLogStart(view.id(), start));
                    });
        }
        return "records deleted";
    }

    private String freeLocal() throws IOException {
        world.diskIsFull = random.nextBoolean();
        on("", SimulatedShard::freeLocal);
        return "local files freed";
    }

    /// One replica is away until the others' logs begin behind its own.
    private String fallBehind() throws IOException {
        data.group.startAll();
        data.group.cutOffFollower();
        world.diskIsFull = true;
        for (int i = 2 + random.nextInt(3); i > 0; i--) {
            writeMuch();
            writeMuch();
            data.group.pump();
            askAndSettle();
            data.freeLocal();
            data.processesMayBeGone();
        }
        data.group.heal();
        data.group.pump();
        data.processesMayBeGone();
        return "one fell behind";
    }

    /// A leader is cut off; it and the next one both go on.
    private String twoLeaders() {
        data.group.startAll();
        data.group.heal();
        data.group.electIfNeeded();
        data.group.pump();
        data.group.cutOff();
        for (int i = 2 + random.nextInt(3); i > 0; i--) {
            writeMuch();
            data.stepArchivers();
            pass(10_000);
        }
        data.processesMayBeGone();
        return "two leaders";
    }

    private String storeComesAndGoes() {
        boolean away = random.nextInt(3) == 0;
        world.storeIsAway(away);
        return away ? "store away" : "store back";
    }

    // --- topics

    private String createTopic() {
        if (topics.size() < TOPICS_MAX) {
            String name = "topic-" + named++;
            Uuid topicId = new Uuid(random.nextLong() | 1, random.nextLong());
            writeMetadata(new TopicRecord().setName(name).setTopicId(topicId));
            writeMetadata(
                    new PartitionRecord()
                            .setTopicId(topicId)
                            .setPartitionId(0)
                            .setReplicas(List.of(1))
                            .setIsr(List.of(1))
                            .setLeader(1)
                            .setDirectories(List.of(ShardDirectories.of(1))));
            topics.put(name, new PartitionId(topicId, 0));
        }
        reconcile();
        return "topics created";
    }

    private String deleteTopic() {
        if (topics.size() > 1) {
            String name = List.copyOf(topics.keySet()).get(random.nextInt(topics.size()));
            PartitionId id = topics.remove(name);
            writeMetadata(new RemoveTopicRecord().setTopicId(id.topicId()));
            shipMetadata(); // a deletion counts once its journal is there, then the shards close
            clients.forget(id);
        }
        reconcile();
        return "topic deleted";
    }

    /// What the controller asks of the data shard again and again.
    private void reconcile() {
        Optional<SimulatedReplica> leader = data.group.leader();
        if (leader.isEmpty()) {
            return;
        }
        LocalShard shard = leader.get().shard();
        topics.forEach((name, id) -> {
            if (shard.partition(id).isEmpty()) {
                String line = new TopicDocument(name, id.topicId(), 1, Map.of()).toLine();
                var ignored = shard.submit(new ShardCommand.OpenPartition(id, name, line, 0, 0));
            }
        });
        for (PartitionView view : shard.partitions()) {
            if (!topics.containsValue(view.id())) {
                data.truth.part(view.id()).leaving = true;
                var ignored =
                        shard.submit(new ShardCommand.ClosePartition(view.id(), "topic deleted"));
            }
        }
    }

    private void writeMetadata(ApiMessage record) {
        metadata.group.calmDown();
        metadata.processesMayBeGone();
        byte[] value =
                MetadataRecords.serialize(
                        new ApiMessageAndVersion(record, record.highestSupportedVersion()));
        ByteBuffer batch =
                MemoryRecords.withRecords(
                                Compression.NONE,
                                new SimpleRecord(world.clock.millis(), null, value))
                        .buffer();
        CompletableFuture<AppendOutcome> done =
                metadata.group
                        .leader()
                        .orElseThrow()
                        .shard()
                        .append(
                                new AppendRequest(
                                        METADATA,
                                        batch,
                                        Acks.ALL,
                                        Origin.COORDINATOR,
                                        AppendRules.DEFAULT))
                        .done();
        metadata.group.pumpCalmly();
        assertThat(done).isCompletedWithValueMatching(AppendOutcome.Appended.class::isInstance);
    }

    private void submitSurely(SimulatedShard shard, ShardCommand command) {
        var done = shard.group.leader().orElseThrow().shard().submit(command);
        shard.group.pumpCalmly();
        assertThat(done.isDone() && done.resultNow().holds()).as("%s", command).isTrue();
    }

    private void shipMetadata() {
        metadata.group.calmDown();
        metadata.processesMayBeGone();
        boolean faulty = world.faults(false);
        metadata.settle();
        world.faults(faulty);
    }

    // --- what must hold

    void check(boolean everyByte) throws IOException, ObjectStoreException {
        data.check(everyByte);
        if (everyByte) {
            metadata.check(true);
        }
        if (data.group.leader().isPresent()) {
            clients.checkAnswers();
        }
    }

    /// Whoever was away is back for good, leadership stays where it is, and nothing waits any more,
    /// neither for Raft nor for the archive.
    void calmDown() throws IOException, ObjectStoreException {
        world.storeIsAway(false);
        world.faults(false);
        for (SimulatedShard shard : List.of(metadata, data)) {
            shard.group.stayCalm();
            shard.group.calmDown();
            shard.processesMayBeGone();
            shard.settle();
            for (int twice = 0;
                    twice < 2;
                    twice++) { // the first journal may be another's, and end early
                world.clock.advanceMs(60_000); // whatever it has read is old enough for a journal
                shard.settle();
            }
            shard.group.pump();
        }
        check(true);
    }

    /// All machines are gone, at any moment; the bucket alone tells. Then a new generation goes on
    /// from there.
    void destroyAndRestore(boolean everythingArchived) throws Exception {
        world.storeIsAway(false);
        world.faults(false);
        world.clock.advanceMs(SimulatedWorld.HOUR_MS);
        SimulatedRestore restore = new SimulatedRestore(world, random.split());
        restore.checkPlan(data, everythingArchived);
        restore.checkPlan(metadata, everythingArchived);
        restore.audit(true);
        restore.run();
        restore.audit(true);
        generation++;
        opened();
        Cut cut = ClusterFiles.cut(world.bucket, generation).orElseThrow();
        RecoveryPlan restored = RecoveryPlanner.plan(world.bucket);
        assertThat(restored.lost()).isEmpty();
        clients.forgetAll();
        for (Cut.ShardCut row : cut.shards()) {
            ShardCheckpoint first = CheckpointStore.read(world.bucket, row.to(), 0);
            boolean isMetadata = row.to().isMetadata();
            TrueLog truth = new TrueLog(isMetadata ? (id, batch) -> {} : clients);
            int epochMax = (isMetadata ? metadata : data).truth.epochMax();
            for (PartitionState state : first.partitions()) {
                assertThat(state.baseEpoch())
                        .as("epochs of %s", state.id())
                        .isGreaterThan(epochMax);
                restore.learn(restored, state.id(), truth);
            }
            SimulatedShard shard =
                    shard(row.to(), isMetadata ? 1 : replicas, truth, Optional.of(first));
            if (isMetadata) {
                metadata = shard;
            } else {
                data = shard;
            }
        }
        topics.clear();
        restored.topics()
                .forEach(topic ->
                        topic.partitions().forEach(part -> topics.put(topic.name(), part.id())));
        reconcile();
        world.faults(true);
    }

    /// Days without a fault: whoever cleans up has come by, and the bucket is as it should be.
    void liveQuietly() throws Exception {
        world.faults(false);
        for (int days = 0; days < QUIET_DAYS; days++) {
            calmDown();
            world.clock.advanceMs(DAY_MS);
            opened();
            changeSomething();
        }
        calmDown();
        metadata.checkFloors();
        data.checkFloors();
        new SimulatedRestore(world, random.split()).audit(false);
    }

    /// An idle shard writes no checkpoint, and with it nothing about what may go.
    private void changeSomething() {
        if (topics.size() < TOPICS_MAX) {
            createTopic();
        } else {
            deleteTopic();
        }
        data.group.pumpCalmly();
        LocalShard shard = data.group.leader().orElseThrow().shard();
        topics.values().forEach(id -> clients.append(shard, id));
        data.group.pumpCalmly();
    }
}
