// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.generation.Cut.LoweredOffset;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.topic.TopicDocument;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.PartitionPlan.Origin;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecoveryPlanTest {
    private final ManualClock clock = new ManualClock();
    private final MemoryObjectStore store = new MemoryObjectStore(clock);
    private BucketBuilder cluster = new BucketBuilder(store, clock, new Random(7));

    private void live() throws IOException {
        cluster.found(1);
        cluster.createTopic("orders", 2, Map.of());
        cluster.createTopic("__consumer_offsets", 1, Map.of());
        for (int i = 0; i < 5; i++) {
            cluster.append("orders", 0, 3);
            cluster.append("orders", 1, 2);
            cluster.journalAll();
        }
    }

    private PartitionId orders() {
        return cluster.id("orders", 0);
    }

    private RecoveryPlan plan() throws Exception {
        return RecoveryPlanner.plan(store);
    }

    private RecoveryRun run() {
        return new RecoveryRun(
                store, RecoveryOptions.careful("test").withForce(), clock, step -> {});
    }

    private void remove(String key) {
        assertThat(store.head(key)).isPresent();
        store.delete(List.of(key));
    }

    private void flip(String key, int fromEnd) throws IOException {
        byte[] bytes = WholeObjects.read(store, key);
        bytes[bytes.length - fromEnd] ^= 0x10;
        store.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
    }

    private String journal(int shard, int number) {
        JournalRef ref = cluster.shard(shard).journals.get(number);
        return ref.key();
    }

    private String newestManifest(PartitionId id) throws IOException {
        return WholeObjects.list(store, BucketKeys.manifestPrefix("orders", id, 1)).getLast().key();
    }

    private ObjectInfo segment(PartitionId id) throws IOException {
        return WholeObjects.list(store, BucketKeys.segmentPrefix("orders", id)).getLast();
    }

    @Test
    void aBucketThatLostAllItsShardsIsNotAnEmptyCluster() throws Exception {
        LivedCluster lived = new LivedCluster(3);
        for (String key : lived.objects().keySet()) {
            if (key.startsWith("shards/")) {
                lived.store.delete(List.of(key));
            }
        }

        assertThat(RecoveryPlanner.plan(lived.store).lost())
                .extracting(Finding::kind)
                .contains(Finding.Kind.MISSING_CHECKPOINT);
    }

    @Test
    void emptyBucketIsRefusedByName() {
        assertThatThrownBy(this::plan)
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("bucket holds no cluster");
    }

    @Test
    void missingJournalIsAHoleAndEverythingBehindItIsNamedLost() throws Exception {
        live();
        remove(journal(1, 3));

        RecoveryPlan plan = plan();

        assertThat(plan.lost()).hasSize(1);
        assertThat(plan.lost().getFirst().kind()).isEqualTo(Kind.JOURNAL_HOLE);
        assertThat(plan.lost().getFirst().key()).isEqualTo(journal(1, 3));
        assertThat(plan.partition("orders", 0).orElseThrow().endOffset()).isEqualTo(9);
        assertThat(plan.shards().get(1).closeIndex()).isEqualTo(cluster.shard(1).index);
        assertThatThrownBy(() -> run().run())
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("journal-hole");
        assertThat(WholeObjects.list(store, BucketKeys.CLAIMS_PREFIX))
                .noneMatch(object -> object.key().contains("00000002"));
    }

    @Test
    void acceptedLossRestoresTheRestAndTheReportNamesTheLoss() throws Exception {
        live();
        remove(journal(1, 3));

        RecoveryReport report =
                new RecoveryRun(
                                store,
                                RecoveryOptions.careful("test").withForce().withAcceptLoss(),
                                clock,
                                step -> {})
                        .run();

        assertThat(report.isWhole()).isFalse();
        assertThat(report.lost().getFirst().kind().label()).isEqualTo("journal-hole");
        assertThat(plan().partition("orders", 1).orElseThrow().endOffset()).isEqualTo(6);
    }

    @Test
    void damagedJournalIsNamedAndNothingBehindItIsTaken() throws Exception {
        live();
        flip(journal(1, 4), 60);

        RecoveryPlan plan = plan();

        assertThat(plan.lost()).hasSize(1);
        assertThat(plan.lost().getFirst().kind()).isEqualTo(Kind.CRC_MISMATCH);
        assertThat(plan.lost().getFirst().key()).isEqualTo(journal(1, 4));
        assertThat(plan.shards().get(1).closable()).isFalse();
    }

    @Test
    void damagedCheckpointIsPassedOverWhenAnOlderOneGivesTheSame() throws Exception {
        live();
        cluster.checkpoint(1);
        cluster.append("orders", 0, 3);
        cluster.checkpoint(1);
        String newest = BucketKeys.checkpoint(cluster.shard(1).id, cluster.shard(1).index);
        flip(newest, 30);

        RecoveryPlan plan = plan();

        Restored.matches(store, plan, cluster);
        assertThat(plan.findings())
                .anyMatch(finding ->
                        finding.kind() == Kind.UNREADABLE_CHECKPOINT
                                && finding.severity() == Severity.WARNING
                                && finding.key().equals(newest));
    }

    @Test
    void missingCheckpointOfARestoredShardIsAnErrorWithAName() throws Exception {
        live();
        run().run();
        remove("shards/2/1-0/checkpoint/00000000000000000000");

        assertThat(plan().lost())
                .anyMatch(finding ->
                        finding.kind() == Kind.MISSING_CHECKPOINT
                                && finding.key().equals("shards/2/1-0/checkpoint/"));
    }

    @Test
    void missingManifestIsAnErrorNotAnEmptyPartition() throws Exception {
        live();
        cluster.segment(orders());
        cluster.checkpoint(1);
        String key = newestManifest(orders());
        cluster.shard(1).journals.forEach(ref -> store.delete(List.of(ref.key())));
        WholeObjects.list(store, BucketKeys.manifestPrefix("orders", orders()))
                .forEach(object -> store.delete(List.of(object.key())));

        RecoveryPlan plan = plan();

        assertThat(plan.lost())
                .anyMatch(finding ->
                        finding.kind() == Kind.MISSING_OBJECT && finding.key().equals(key));
        assertThat(plan.partition("orders", 0).orElseThrow().endOffset()).isEqualTo(15);
        assertThatThrownBy(() -> Restored.content(store, plan.partition("orders", 0).orElseThrow()))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("manifest");
    }

    @Test
    void damagedManifestIsPassedOverWhenAnOlderOneAndJournalsGiveTheSame() throws Exception {
        live();
        cluster.segment(orders());
        cluster.append("orders", 0, 2);
        cluster.journalAll();
        cluster.segment(orders());
        flip(newestManifest(orders()), 40);

        RecoveryPlan plan = plan();

        Restored.matches(store, plan, cluster);
        assertThat(plan.findings())
                .anyMatch(finding ->
                        finding.kind() == Kind.UNREADABLE_MANIFEST
                                && finding.severity() == Severity.WARNING);
    }

    @Test
    void missingAndCutSegmentsAreNamed() throws Exception {
        live();
        cluster.segment(orders());
        cluster.segment(cluster.id("orders", 1));
        ObjectInfo gone = segment(orders());
        ObjectInfo cut = segment(cluster.id("orders", 1));
        remove(gone.key());
        store.put(cut.key(), ObjectBody.of(new byte[10]), PutMode.OVERWRITE);

        RecoveryPlan plan = plan();

        assertThat(plan.lost())
                .extracting(Finding::kind, Finding::key)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(Kind.MISSING_OBJECT, gone.key()),
                        org.assertj.core.groups.Tuple.tuple(Kind.SIZE_MISMATCH, cut.key()));
    }

    @Test
    void flippedByteInASegmentIsAClearErrorOfItsContent() throws Exception {
        live();
        cluster.segment(orders());
        String key = segment(orders()).key();
        byte[] bytes = WholeObjects.read(store, key);
        bytes[200] ^= 1;
        store.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);

        PartitionPlan partition = plan().partition("orders", 0).orElseThrow();

        assertThatThrownBy(() -> Restored.content(store, partition))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining(key);
    }

    @Test
    void manifestThatIsNewerThanTheCheckpointCounts() throws Exception {
        live();
        cluster.checkpoint(1);
        cluster.segment(orders());

        PartitionPlan partition = plan().partition("orders", 0).orElseThrow();

        assertThat(partition.archivedEnd()).isEqualTo(15);
        assertThat(partition.journalParts()).isEmpty();
    }

    @Test
    void groupOffsetsBehindARestoredEndAreLowered() throws Exception {
        cluster.found(2);
        cluster.createTopic("__consumer_offsets", 1, Map.of());
        cluster.createTopic("orders", 2, Map.of());
        cluster.append("orders", 0, 4);
        cluster.append("orders", 1, 4);
        cluster.journalAll();
        cluster.append("orders", 1, 3);
        cluster.commitOffset("readers", "orders", 0, 2);
        cluster.commitOffset("readers", "orders", 1, 7);
        cluster.journal(1);

        RecoveryReport report = run().run();

        assertThat(report.lowered())
                .containsExactly(new LoweredOffset("readers", "orders", 1, 7, 4));
        assertThat(plan().groups())
                .containsExactly(
                        new GroupPlan(
                                "readers",
                                List.of(
                                        new GroupPlan.CommittedOffset("orders", 0, 2, 2),
                                        new GroupPlan.CommittedOffset("orders", 1, 4, 7))));
    }

    @Test
    void partitionThatNoTopicNamesIsAdopted() throws Exception {
        live();
        Uuid id = new Uuid(11, 12);
        cluster.openPartitions(new TopicDocument("found", id, 1, Map.of("retention.ms", "5")));
        cluster.append("found", 0, 3);
        cluster.journalAll();

        RecoveryReport report = run().run();

        assertThat(report.isWhole()).isTrue();
        RecoveryPlan plan = plan();
        Restored.matches(store, plan, cluster);
        TopicPlan found =
                plan.topics().stream()
                        .filter(topic -> topic.name().equals("found"))
                        .findFirst()
                        .orElseThrow();
        assertThat(found.adopted()).as("named by the metadata now").isFalse();
        assertThat(report.topics().stream().filter(TopicPlan::adopted).map(TopicPlan::name))
                .containsExactly("found");
    }

    @Test
    void partitionOfADeletedTopicIsNotAdopted() throws Exception {
        live();
        cluster.removeTopicInMetadata("orders");
        cluster.journalAll();

        RecoveryPlan plan = plan();

        assertThat(plan.topics().stream().map(TopicPlan::name))
                .containsExactly("__consumer_offsets");
        assertThat(plan.deleted()).hasSize(2);
        assertThat(plan.lost()).isEmpty();
    }

    @Test
    void closedPartitionsStayClosed() throws Exception {
        live();
        cluster.removeTopicInMetadata("orders");
        cluster.closePartitions("orders");
        cluster.journalAll();

        RecoveryPlan plan = plan();

        Restored.matches(store, plan, cluster);
        assertThat(plan.shards().get(1).first().closed()).hasSize(2);
        assertThat(plan.deleted()).isEmpty();
    }

    @Test
    void topicWithoutAnyPartitionStateOpensAtZeroOnlyWhenNothingSpeaksOfIt() throws Exception {
        live();
        Uuid id = new Uuid(21, 22);
        cluster.metadata(
                List.of(
                        new TopicRecord().setName("fresh").setTopicId(id),
                        new PartitionRecord()
                                .setTopicId(id)
                                .setPartitionId(0)
                                .setReplicas(List.of(1))
                                .setIsr(List.of(1))
                                .setLeader(1)));
        cluster.journalAll();

        PartitionPlan partition = plan().partition("fresh", 0).orElseThrow();

        assertThat(partition.origin()).isEqualTo(Origin.FRESH);
        assertThat(partition.endOffset()).isZero();

        store.put(
                BucketKeys.segmentPrefix("fresh", new PartitionId(id, 0)) + "anything",
                ObjectBody.of(new byte[1]),
                PutMode.IF_ABSENT);

        assertThat(plan().partition("fresh", 0)).isEmpty();
        assertThat(plan().lost())
                .anyMatch(finding ->
                        finding.kind() == Kind.MISSING_CHECKPOINT
                                && "fresh".equals(finding.topic()));
    }

    @Test
    void foreignObjectsAreNamedAndLeftAlone() throws Exception {
        live();
        store.put("shards/1/1-0/journal/readme.txt", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);
        store.put("somebody/else", ObjectBody.of(new byte[3]), PutMode.IF_ABSENT);

        RecoveryPlan plan = plan();

        Restored.matches(store, plan, cluster);
        assertThat(plan.findings()).extracting(Finding::kind).containsExactly(Kind.FOREIGN_OBJECT);
    }

    /// Random lives of a cluster, with restores in between: each plan is compared with what was
    /// journaled, to the byte.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void randomHistoriesComeBackToTheByte(long seed) throws Exception {
        Random random = new Random(seed);
        cluster = new BucketBuilder(store, clock, random);
        cluster.found(1 + random.nextInt(3));
        cluster.createTopic("a", 1 + random.nextInt(4), Map.of("retention.ms", "7"));
        cluster.createTopic("b", 1 + random.nextInt(2), Map.of());
        cluster.createTopic("__consumer_offsets", 1, Map.of());
        cluster.journalAll();
        for (int step = 0; step < 150; step++) {
            step(random);
        }

        assertThat(run().run().isWhole()).as("seed=%d", seed).isTrue();

        Restored.matches(store, plan(), cluster);
    }

    private void step(Random random) throws Exception {
        String topic = random.nextBoolean() ? "a" : "b";
        int partition = random.nextInt(cluster.topic(topic).partitions());
        PartitionId id = cluster.id(topic, partition);
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5, 6 -> cluster.append(topic, partition, 1 + random.nextInt(5));
            case 7, 8 -> {
                long next =
                        cluster.shardOf(id).ledger(id).producer(5).stream()
                                .flatMap(producer -> producer.batches().stream())
                                .mapToLong(batch -> batch.lastSequence() + 1L)
                                .max()
                                .orElse(0);
                cluster.append(topic, partition, 2, 5, (int) next);
            }
            case 9 -> cluster.commitOffset("g", topic, partition, random.nextInt(30));
            case 10, 11, 12 -> cluster.journal(random.nextInt(cluster.shards.size()));
            case 13 -> cluster.journalAll();
            case 14, 15 -> cluster.segment(id);
            case 16 -> cluster.checkpoint(random.nextInt(cluster.shards.size()));
            case 17 -> cluster.newLeader(random.nextInt(cluster.shards.size()));
            case 18 ->
                    cluster.moveLogStart(
                            topic, partition, cluster.journaledEnds.getOrDefault(id, 0L) / 2);
            default -> {
                if (random.nextInt(3) == 0) {
                    run().run();
                    cluster.openRestored(
                            io.varve.manifest.generation.ClusterFiles.cut(
                                            store, cluster.generation + 1)
                                    .orElseThrow());
                }
            }
        }
    }
}
