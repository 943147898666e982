// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.hold.Hold;
import io.varve.manifest.hold.MarkerCodec;
import io.varve.manifest.hold.NamedManifest;
import io.varve.manifest.hold.RestorePoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionState;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What markers keep is not deleted, whoever doomed it; what nothing keeps and nobody needs goes,
/// also of older generations.
class KeptObjectsTest {
    private static final long HOUR_MS = 3_600_000;

    @TempDir Path temporary;
    private ShardWorld world;
    private PartitionId orders;
    private PartitionId users;

    @BeforeEach
    void archiveTwoTopics() {
        world = new ShardWorld(temporary);
        orders = world.tier.open("orders", 0);
        users = world.tier.open("users", 0);
        for (int i = 0; i < 3; i++) {
            world.tier.append(orders, 4, 100);
            world.tier.append(users, 4, 100);
            world.segment(orders, users);
        }
    }

    private List<String> segments(PartitionId id) {
        return world.keys(BucketKeys.segmentPrefix(world.topic(id), id));
    }

    private void put(String key, byte[] bytes) throws Exception {
        world.memory.put(key, ObjectBody.of(bytes), PutMode.IF_ABSENT);
    }

    private void passHours(int hours) {
        for (int i = 0; i < hours; i++) {
            world.passMs(HOUR_MS);
        }
    }

    private RestorePoint point() throws Exception {
        PartitionManifest manifest = world.manifest(orders).orElseThrow();
        long checkpoint = world.checkpoint();
        List<String> journals = world.keys(BucketKeys.journalPrefix(world.tier.shard));
        return new RestorePoint(
                "before-upgrade",
                7,
                0,
                1,
                List.of(
                        new RestorePoint.ShardPoint(
                                world.tier.shard,
                                checkpoint,
                                checkpoint,
                                List.of(journals.getFirst()))),
                List.of(new NamedManifest("orders", orders, manifest.ref())));
    }

    @Test
    void aRestorePointKeepsItsManifestSegmentsJournalsAndCheckpointAndNothingElse()
            throws Exception {
        RestorePoint point = point();
        put(point.key(), MarkerCodec.encode(point));
        List<String> kept = new ArrayList<>(segments(orders));
        kept.add(point.partitions().getFirst().key());
        kept.addAll(point.shards().getFirst().journals());
        kept.add(
                BucketKeys.checkpoint(
                        world.tier.shard, point.shards().getFirst().checkpointIndex()));
        List<String> journalsBefore = world.keys(BucketKeys.journalPrefix(world.tier.shard));

        world.leader.moveLogStart(orders, 12);
        world.leader.moveLogStart(users, 12);
        for (int i = 0; i < 5; i++) {
            world.tier.append(orders, 4, 100);
            world.segment(orders);
            world.checkpoint();
            passHours(2);
        }

        assertThat(world.keys("")).containsAll(kept);
        assertThat(segments(users)).as("of another topic").isEmpty();
        assertThat(world.keys(BucketKeys.journalPrefix(world.tier.shard)))
                .as("journals that it does not name")
                .doesNotContain(journalsBefore.get(1));

        world.memory.delete(List.of(point.key()));
        passHours(3);
        world.checkpoint();
        passHours(3);
        assertThat(world.keys("")).doesNotContainAnyElementsOf(kept);
        world.assertBucketHoldsEverything();
    }

    @Test
    void aHoldKeepsSingleObjectsAlsoOfADeletedTopic() throws Exception {
        String kept = segments(users).get(1);
        Hold hold = new Hold("borrower-1", "test", 0, List.of(kept), List.of());
        put(hold.key(), MarkerCodec.encode(hold));
        String topic = BucketKeys.topicPrefix("users", users.topicId());

        world.tier.close(users);
        world.journal();
        passHours(9 * 24);

        assertThat(world.keys(topic).stream().filter(key -> key.contains("/segments/")))
                .containsExactly(kept);
        world.memory.delete(List.of(hold.key()));
        passHours(3);
        assertThat(world.keys(topic)).isEmpty();
    }

    @Test
    void whileAMarkerCannotBeReadEverythingStays() throws Exception {
        for (byte[] bytes :
                List.of(
                        new byte[0],
                        "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        MarkerCodec.encode(
                                new Hold("another-name", "x", 0, List.of(), List.of())))) {
            String key = BucketKeys.holds("broken");
            world.memory.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
            world.leader.moveLogStart(orders, world.tier.ledgers.get(orders).logStart() + 4);
            int before = segments(orders).size();
            passHours(3);
            assertThat(segments(orders)).hasSize(before);
        }
        world.memory.delete(List.of(BucketKeys.holds("broken")));
        passHours(2);
        assertThat(segments(orders)).isEmpty();
    }

    @Test
    void aMarkerWhoseManifestIsGoneKeepsTheWholePartition() throws Exception {
        RestorePoint point = point();
        RestorePoint broken =
                new RestorePoint(
                        point.name(),
                        point.tick(),
                        0,
                        1,
                        List.of(),
                        List.of(
                                new NamedManifest(
                                        "orders",
                                        orders,
                                        new PartitionState.ManifestRef(1, 9_999))));
        put(broken.key(), MarkerCodec.encode(broken));
        world.leader.moveLogStart(orders, 12);
        world.leader.moveLogStart(users, 12);

        passHours(4);

        assertThat(segments(orders)).hasSize(3);
        assertThat(segments(users)).isEmpty();
    }

    @Test
    void whatAnOlderGenerationLeftGoesOnceNoCheckpointNamesIt() throws Exception {
        world.tier.append(orders, 4, 100);
        world.checkpoint();
        ShardId old = world.tier.shard;
        String neverNamed = BucketKeys.journal(old, 900); // e.g. END
        put(neverNamed, new byte[] {1});
        ShardCheckpoint last = CheckpointStore.newest(world.memory, old).orElseThrow();
        ShardCheckpoint abandoned = restored(last, new ShardId(2, 3, 0));
        ShardCheckpoint first = restored(last, new ShardId(2, 3, 1));
        CheckpointStore.put(world.memory, abandoned);
        CheckpointStore.put(world.memory, first);
        ClusterFiles.decide(
                world.memory,
                new Cut(
                        2,
                        1,
                        "test",
                        0,
                        List.of(new Cut.ShardCut(old, last.endIndex(), first.shard())),
                        List.of(),
                        0,
                        List.of(),
                        null));
        RecordedHotTier tier = RecordedHotTier.restored(first, world.clock);
        PartitionId[] ids = {orders, users};
        for (PartitionId id : ids) {
            tier.batches.get(id).putAll(world.tier.batches.get(id));
        }
        ShardWorld next = world.with(tier);
        List<String> needed = last.journals().stream().map(ref -> ref.key()).toList();
        assertThat(needed).isNotEmpty();

        next.tier.append(users, 1, 10);
        next.checkpoint();
        next.tier.append(users, 1, 10);
        next.checkpoint();
        next.passMs(2 * HOUR_MS);
        assertThat(next.keys(BucketKeys.shardPrefix(old)))
                .as("what holds records that are in no segment")
                .containsAll(needed.subList(needed.size() - 1, needed.size()))
                .doesNotContain(neverNamed);

        next.segment(orders, users);
        for (int i = 0; i < 4; i++) {
            next.tier.append(users, 1, 10);
            next.checkpoint();
            next.passMs(25 * HOUR_MS);
        }
        assertThat(next.keys(BucketKeys.shardPrefix(old))).isEmpty();
        assertThat(next.keys(BucketKeys.shardPrefix(abandoned.shard()))).isEmpty();
        assertThat(next.keys(BucketKeys.shardPrefix(first.shard()))).isNotEmpty();
        next.assertBucketHoldsEverything();
    }

    private static ShardCheckpoint restored(ShardCheckpoint last, ShardId shard) {
        return new ShardCheckpoint(
                last.clusterId(),
                shard,
                0,
                0,
                last.lastFrameTimeMs(),
                last.partitions(),
                last.closed(),
                last.journals(),
                last.doomed(),
                List.of());
    }
}
