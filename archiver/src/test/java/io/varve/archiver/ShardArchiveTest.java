// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.PartitionState;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.TopicRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardArchiveTest {
    private static final long HOUR_MS = 3_600_000;

    @TempDir Path temporary;

    @Test
    void commitsAManifestOnlyAfterTheObjectWasSeen() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 5, 100);
        world.journal();
        world.store.operations.clear();

        world.segment(orders);

        SegmentEntry entry = world.manifest(orders).orElseThrow().entries().getFirst();
        String segment = entry.key("orders", orders);
        assertThat(world.store.operations)
                .containsSubsequence(
                        "put " + segment,
                        "head " + segment,
                        "get " + segment,
                        "put " + BucketKeys.manifest("orders", orders, 1, 2));
        assertThat(world.leader.commands)
                .containsExactly(
                        "archived " + orders + " 5 " + world.manifest(orders).orElseThrow().ref());
        assertThat(temporary.resolve("1-3-0")).isEmptyDirectory();
    }

    @Test
    void segmentsWhenTheBytesAreThereOrTheOldestIsOld() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId big = world.tier.open("big", 0);
        PartitionId old = world.tier.open("old", 0);
        PartitionId open = world.tier.open("open", 0);
        for (int i = 0; i < 12; i++) {
            world.tier.append(big, 1, 100_000);
        }
        world.tier.append(old, 1, 10);
        world.tier.appendTransactional(open, 7, 0, 3);
        world.journal();

        assertThat(world.manifest(big)).isPresent();
        assertThat(world.manifest(old)).isEmpty();
        world.passMs(HOUR_MS);
        assertThat(world.manifest(old).orElseThrow().archivedEnd()).isEqualTo(1);
        assertThat(world.manifest(open)).as("never passes the last stable offset").isEmpty();
    }

    @Test
    void aSegmentTellsTheAbortedTransactionsThatTouchIt() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.appendTransactional(orders, 7, 0, 3);
        world.segment(orders);
        world.tier.append(orders, 1, 10);
        world.tier.endTransaction(orders, 7, false);
        world.tier.appendTransactional(orders, 7, 3, 2);
        world.segment(orders);

        PartitionManifest manifest = world.manifest(orders).orElseThrow();
        SegmentEntry entry = manifest.entries().getFirst();
        PackIndex index = PackReader.open(world.memory, entry.key("orders", orders));
        assertThat(manifest.archivedEnd()).isEqualTo(5);
        assertThat(index.sections().getFirst().aborted()).hasSize(1);
    }

    @Test
    void theFloorNeverPassesAJournalOrCheckpointThatWasNotReadBack() {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 5, 100);
        world.journal();
        world.store.operations.clear();

        long floor = world.checkpoint();

        String checkpoint = BucketKeys.checkpoint(world.tier.shard, floor);
        assertThat(world.tier.floorIndex).isEqualTo(floor);
        assertThat(world.store.operations)
                .containsSubsequence(
                        "list " + BucketKeys.checkpointPrefix(world.tier.shard),
                        "put " + checkpoint,
                        "get " + checkpoint);
    }

    @Test
    void aDamagedJournalKeepsTheFloorWhereItIs() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 5, 100);
        ShardJobs jobs = world.jobs;
        jobs.journals().step();
        jobs.journals().step();
        world.clock.advanceMs(ShardWorld.INTERVAL_MS);
        Steps.untilIdle(jobs.journals());
        flipAByte(world, BucketKeys.journal(world.tier.shard, 0), 40);
        var floor = jobs.open().checkpointer().demand();

        for (int i = 0; i < 10; i++) {
            jobs.checkpoints().step();
        }

        assertThat(floor).isNotDone();
        assertThat(world.tier.floorIndex).isZero();
    }

    private static void flipAByte(ShardWorld world, String key, int position) throws Exception {
        var slice = world.memory.get(key, io.varve.objectstore.ByteRange.tail(1 << 20));
        byte[] bytes = new byte[slice.bytes().remaining()];
        slice.bytes().get(bytes);
        bytes[position] ^= 1;
        world.memory.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
    }

    @Test
    void keepsTwoCheckpointsAndTheJournalsThatTheyNeed() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        for (int round = 0; round < 6; round++) {
            world.tier.append(orders, 5, 100);
            world.segment(orders);
            world.checkpoint();
            world.passMs(2 * HOUR_MS);
        }
        world.tier.append(orders, 1, 1);
        world.checkpoint();
        world.passMs(2 * HOUR_MS);

        assertThat(world.keys(BucketKeys.checkpointPrefix(world.tier.shard)))
                .hasSizeLessThanOrEqualTo(3);
        List<String> journals = world.keys(BucketKeys.journalPrefix(world.tier.shard));
        assertThat(journals.size()).isLessThan(7);
        long second = CheckpointStore.indexes(world.memory, world.tier.shard).reversed().get(1);
        assertThat(journals)
                .anyMatch(key -> key.compareTo(BucketKeys.journal(world.tier.shard, second)) >= 0);
        world.assertBucketHoldsEverything();
        world.failOver();
        world.settleStubbornly();
        world.assertBucketHoldsEverything();
    }

    @Test
    void aNewLeaderKnowsTheSameAsTheOldOne() {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.appendTransactional(orders, 7, 0, 3);
        world.checkpoint();
        world.tier.append(orders, 5, 100);
        world.tier.endTransaction(orders, 7, false);
        world.journal();
        ShardShadow old = world.jobs.open().shadow();

        world.failOver();
        world.settleStubbornly();
        ShardShadow fresh = world.jobs.open().shadow();

        assertThat(fresh.position()).isEqualTo(old.position());
        assertThat(fresh.journals()).isEqualTo(old.journals());
        assertThat(fresh.fork(orders).orElseThrow().snapshot())
                .isEqualTo(old.fork(orders).orElseThrow().snapshot());
    }

    @Test
    void aNewLeaderFinishesAManifestThatRaftDoesNotKnow() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 5, 100);
        world.journal();
        world.leader.commandsToFail = Integer.MAX_VALUE;
        world.jobs.open().segmenter().ask(List.of(orders));
        world.settle();
        assertThat(world.manifest(orders).orElseThrow().archivedEnd()).isEqualTo(5);
        assertThat(world.tier.ledgers.get(orders).archivedEnd()).isZero();

        world.failOver();
        world.segment(orders);

        assertThat(world.tier.ledgers.get(orders).archivedEnd()).isEqualTo(5);
        world.assertBucketHoldsEverything();
    }

    @Test
    void readsFromJournalsWhatLocalDiskDoesNotHold() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        for (int i = 0; i < 20; i++) {
            world.tier.append(orders, 3, 5_000);
            if (i % 4 == 0) {
                world.journal();
            }
        }
        world.checkpoint();
        world.tier.freeBelow(orders, 60);
        world.failOver();

        world.segment(orders);

        assertThat(world.manifest(orders).orElseThrow().archivedEnd()).isEqualTo(60);
        world.assertBucketHoldsEverything();
    }

    @Test
    void aRestoredShardGoesOnFromTheOlderGenerationsJournalsAndManifests() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 1_000);
        world.segment(orders);
        world.tier.append(orders, 4, 1_000);
        world.checkpoint();
        ShardCheckpoint first = world.carriedOn(new ShardId(2, 3, 0));
        assertThat(CheckpointStore.put(world.memory, first).value()).isEqualTo(first);
        ShardWorld restored = world.with(RecordedHotTier.restored(first, world.clock));
        restored.tier.batches.get(orders).putAll(world.tier.batches.get(orders));
        restored.tier.append(orders, 2, 1_000);

        restored.segment(orders);

        PartitionManifest manifest = restored.manifest(orders).orElseThrow();
        assertThat(manifest.ref().generation()).isEqualTo(2);
        assertThat(manifest.archivedEnd()).isEqualTo(10);
        restored.assertBucketHoldsEverything();
    }

    @Test
    void retentionDeletesWholeSegmentsByTimeAndTheirObjectsAfterTheGrace() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 100);
        world.segment(orders);
        world.passMs(HOUR_MS / 2);
        world.tier.append(orders, 4, 100);
        world.segment(orders);
        world.policy =
                new Policy(
                        OptionalLong.of(HOUR_MS / 2),
                        OptionalLong.empty(),
                        1 << 20,
                        HOUR_MS,
                        false,
                        true);
        String first =
                world.manifest(orders).orElseThrow().entries().getFirst().key("orders", orders);

        world.passMs(HOUR_MS / 10);

        assertThat(world.tier.ledgers.get(orders).logStart()).isEqualTo(4);
        assertThat(world.manifest(orders).orElseThrow().logStart()).isEqualTo(4);
        assertThat(world.keys("topics/")).contains(first);
        world.policy =
                new Policy(
                        OptionalLong.empty(), OptionalLong.empty(), 1 << 20, HOUR_MS, false, true);
        world.passMs(2 * HOUR_MS);
        assertThat(world.keys("topics/")).doesNotContain(first);
        assertThat(world.manifest(orders).orElseThrow().doomed())
                .noneMatch(doomed -> doomed.key().equals(first));
        world.assertBucketHoldsEverything();
    }

    @Test
    void retentionBySizeKeepsAtLeastTheBytes() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        for (int i = 0; i < 5; i++) {
            world.tier.append(orders, 1, 10_000);
            world.segment(orders);
        }
        world.policy =
                new Policy(
                        OptionalLong.empty(),
                        OptionalLong.of(25_000),
                        1 << 20,
                        HOUR_MS,
                        false,
                        true);

        world.passMs(HOUR_MS / 2);

        assertThat(world.tier.ledgers.get(orders).logStart()).isEqualTo(2);
        assertThat(world.manifest(orders).orElseThrow().bytes()).isGreaterThanOrEqualTo(25_000);
    }

    @Test
    void theManifestFollowsDeleteRecordsAlsoBeyondItsEnd() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 100);
        world.segment(orders);
        world.tier.append(orders, 4, 100);
        world.tier.append(orders, 4, 100);
        world.leader.moveLogStart(orders, 6);
        world.segment(orders);

        PartitionManifest manifest = world.manifest(orders).orElseThrow();
        assertThat(manifest.logStart()).isEqualTo(6);
        assertThat(manifest.archivedEnd()).isEqualTo(12);
        world.assertBucketHoldsEverything();
    }

    @Test
    void deletesNothingWhileAHoldIsThereOrALaterGenerationWasClaimed() throws Exception {
        for (String marker : List.of(BucketKeys.holds("someone"), BucketKeys.claim(2))) {
            ShardWorld world = new ShardWorld(temporary);
            PartitionId orders = world.tier.open("orders", 0);
            world.tier.append(orders, 4, 100);
            world.segment(orders);
            String segment =
                    world.manifest(orders).orElseThrow().entries().getFirst().key("orders", orders);
            world.memory.put(marker, ObjectBody.of(new byte[] {'{', '}'}), PutMode.IF_ABSENT);
            world.leader.moveLogStart(orders, 4);

            world.passMs(HOUR_MS);
            world.passMs(3 * HOUR_MS);

            assertThat(world.manifest(orders).orElseThrow().entries()).isEmpty();
            assertThat(world.keys("topics/")).contains(segment);
        }
    }

    @Test
    void findsOrphansAndDeletesThemByIntent() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 100);
        world.segment(orders);
        String orphan = BucketKeys.segment("orders", orders, 0, 4, 1, 9, 77);
        world.memory.put(orphan, ObjectBody.of(new byte[10]), PutMode.IF_ABSENT);

        world.passMs(HOUR_MS);
        world.passMs(25 * HOUR_MS);
        assertThat(world.manifest(orders).orElseThrow().doomed())
                .anyMatch(doomed -> doomed.key().equals(orphan));
        assertThat(world.keys("topics/")).contains(orphan);
        world.passMs(2 * HOUR_MS);

        assertThat(world.keys("topics/")).doesNotContain(orphan);
        world.assertBucketHoldsEverything();
    }

    @Test
    void aDeletedTopicGoesByItsIntentAfterTheUndeleteTime() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        PartitionId other = world.tier.open("other", 0);
        world.tier.append(orders, 4, 100);
        world.tier.append(other, 4, 100);
        world.segment(orders, other);
        assertThat(world.keys("topics/orders/"))
                .contains(BucketKeys.topicJson("orders", orders.topicId()));
        assertThat(
                        io.varve.manifest.topic.TopicDocument.read(
                                world.memory, "orders", orders.topicId()))
                .as("as its format page says")
                .isPresent();
        world.tier.commit(
                new CommittedFrame.Control(
                        orders, "orders", new ControlFact.Closed(4, "topic deleted")));

        world.journal();
        world.passMs(HOUR_MS);
        assertThat(world.keys("trash/")).containsExactly(BucketKeys.trash(orders.topicId()));
        assertThat(world.keys("topics/orders/")).isNotEmpty();
        world.passMs(8 * 24 * HOUR_MS);
        for (int i = 0; i < 5; i++) {
            world.passMs(HOUR_MS);
        }

        assertThat(world.keys("topics/orders/")).isEmpty();
        assertThat(world.keys("trash/")).isEmpty();
        world.assertBucketHoldsEverything();
    }

    @Test
    void pausedTopicsMakeNoSegments() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        world.policy =
                new Policy(OptionalLong.empty(), OptionalLong.empty(), 1 << 10, 1, true, true);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 10_000);

        world.journal();
        world.passMs(HOUR_MS);

        assertThat(world.manifest(orders)).isEmpty();
        world.assertBucketHoldsEverything();
    }

    @Test
    void offsetsThatARestoreLeftOutAreAGapOfTheManifest() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 1_000);
        world.checkpoint();
        ShardCheckpoint last = CheckpointStore.newest(world.memory, world.tier.shard).orElseThrow();
        PartitionState before = last.partitions().getFirst();
        ShardCheckpoint first =
                new ShardCheckpoint(
                        last.clusterId(),
                        new ShardId(2, 3, 0),
                        0,
                        0,
                        last.lastFrameTimeMs(),
                        List.of(
                                new PartitionState(
                                        orders,
                                        "orders",
                                        before.topicRecord(),
                                        65_536,
                                        0,
                                        0,
                                        10,
                                        before.manifest(),
                                        before.epochs(),
                                        List.of(),
                                        List.of())),
                        List.of(),
                        last.journals(),
                        List.of(),
                        List.of());
        assertThat(CheckpointStore.put(world.memory, first).value()).isEqualTo(first);
        Cut cut =
                new Cut(
                        2,
                        1,
                        "test",
                        0,
                        List.of(),
                        List.of(new Cut.PartitionCut(orders, "orders", 0, 0, 0, 4, 65_536, 6)),
                        0,
                        List.of(),
                        null);
        assertThat(ClusterFiles.decide(world.memory, cut).value()).isEqualTo(cut);
        ShardWorld restored = world.with(RecordedHotTier.restored(first, world.clock));
        restored.tier.append(orders, 2, 1_000);

        restored.segment(orders);
        restored.segment(orders);
        restored.segment(orders);

        PartitionManifest manifest = restored.manifest(orders).orElseThrow();
        assertThat(manifest.gaps()).containsExactly(new Gap(4, 10, Gap.Reason.LOST));
        assertThat(manifest.archivedEnd()).isEqualTo(12);
        assertThat(manifest.entries()).hasSize(2);
    }

    @Test
    void aHoleThatNobodyMadeOnPurposeStopsThePartitionAlone() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        PartitionId users = world.tier.open("users", 0);
        world.tier.append(orders, 4, 1_000);
        world.tier.append(users, 4, 1_000);
        world.journal();
        world.tier.batches.get(orders).clear();
        ShardShadow shadow = world.jobs.open().shadow();
        shadow.takeDoomed(
                shadow.journals().stream()
                        .map(ref -> new DoomedObject(ref.key(), ref.bytes(), "test", 0))
                        .toList());

        world.jobs.open().segmenter().ask(List.of(orders, users));
        for (int i = 0; i < 50; i++) {
            world.settle();
        }

        assertThat(world.manifest(orders).map(PartitionManifest::archivedEnd).orElse(0L)).isZero();
        assertThat(world.manifest(users).orElseThrow().archivedEnd()).isEqualTo(4);
    }

    @Test
    void theMetadataShardsCheckpointHoldsTheImageAlsoAfterAFailOver() throws Exception {
        ShardWorld data = new ShardWorld(temporary);
        RecordedHotTier tier = new RecordedHotTier(new ShardId(1, 0, 0), data.clock);
        ShardWorld world = data.with(tier);
        PartitionId metadata = tier.open("__cluster_metadata", 0);
        tier.appendMetadata(
                metadata, new TopicRecord().setName("orders").setTopicId(new Uuid(5, 6)));
        long first = world.checkpoint();
        tier.appendMetadata(
                metadata, new TopicRecord().setName("users").setTopicId(new Uuid(5, 7)));
        world.journal();

        world.failOver();
        long second = world.checkpoint();

        assertThat(topics(world, first)).containsExactlyInAnyOrder("orders");
        assertThat(topics(world, second)).containsExactlyInAnyOrder("orders", "users");
        tier.appendMetadata(
                metadata, new TopicRecord().setName("carts").setTopicId(new Uuid(5, 8)));
        assertThat(topics(world, world.checkpoint()))
                .containsExactlyInAnyOrder("orders", "users", "carts");
    }

    private static Set<String> topics(ShardWorld world, long index) throws Exception {
        return MetadataFold.from(
                        CheckpointStore.read(world.memory, world.tier.shard, index).metadata())
                .image()
                .topics()
                .topicsByName()
                .keySet();
    }

    @Test
    void anIdleShardAsksTheBucketNothing() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 100);
        world.segment(orders);
        world.tier.append(orders, 4, 100);
        world.checkpoint();
        world.store.operations.clear();

        for (int i = 0; i < 50; i++) {
            world.passMs(60_000);
        }

        assertThat(world.store.operations).isEmpty();
    }

    @Test
    void aStoreThatVerifiesUploadsIsNotReadBack() throws Exception {
        ShardWorld world =
                new ShardWorld(
                        temporary,
                        ArchiveSettings.defaults()
                                .withVerification(StoreVerification.ofProbe(true)));
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 100);
        world.segment(orders);
        long floor = world.checkpoint();

        assertThat(world.store.operations)
                .filteredOn(operation -> operation.startsWith("get "))
                .containsExactly("get " + BucketKeys.checkpoint(world.tier.shard, floor));
        assertThat(world.tier.floorIndex).isEqualTo(floor);
    }
}
