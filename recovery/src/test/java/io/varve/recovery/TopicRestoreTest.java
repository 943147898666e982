// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.PartitionId;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultPlan;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A topic by itself out of a bucket whose cluster runs on.
class TopicRestoreTest {
    private final ManualClock clock = new ManualClock();
    private final MemoryObjectStore store = new MemoryObjectStore(clock);
    private final BucketBuilder cluster = new BucketBuilder(store, clock, new Random(11));
    private final Random random = new Random(12);
    private final Uuid newId = new Uuid(77, 78);

    @TempDir private Path folder = Path.of("");

    @BeforeEach
    void aClusterThatLives() throws Exception {
        cluster.found(2);
        cluster.createTopic("orders", 3, Map.of("retention.ms", "3600000"));
        cluster.createTopic("other", 1, Map.of());
        for (int i = 0; i < 6; i++) {
            cluster.append("orders", 0, 1 + i);
            cluster.append("orders", 0, 2, 77, i * 2);
            cluster.append("orders", 1, 2);
            cluster.append("other", 0, 1);
            cluster.journalAll();
            if (i % 2 == 1) {
                cluster.segment(cluster.id("orders", 0));
                cluster.newLeader(1);
            }
            if (i == 3) {
                cluster.checkpoint(1);
                cluster.checkpoint(0);
            }
        }
        cluster.moveLogStart("orders", 0, 4);
        cluster.append("orders", 0, 3, 77, 12);
        cluster.journalAll();
    }

    private Uuid delete(String topic) throws Exception {
        Uuid id = cluster.topic(topic).topicId();
        cluster.removeTopicInMetadata(topic);
        cluster.closePartitions(topic);
        cluster.append("other", 0, 1);
        cluster.journalAll();
        clock.pass(Duration.ofMinutes(1));
        return id;
    }

    private TopicSource source(String wanted) throws Exception {
        return TopicPlanner.plan(store, List.of(wanted)).getFirst();
    }

    private TopicRestore restore(ObjectStore from, ObjectStore to, long segmentBytes) {
        return new TopicRestore(
                from,
                to,
                new TopicRestore.Settings(folder, segmentBytes, "test"),
                clock,
                random,
                step -> {});
    }

    private RestoredTopic restored(TopicSource source) throws Exception {
        return restore(store, store, TopicRestore.SEGMENT_BYTES).run(source, "orders", newId);
    }

    /// The restored partition, as the cluster will read it.
    private static PartitionPlan plan(ObjectStore store, RestoredTopic topic, int number)
            throws ObjectStoreException {
        RestoredTopic.Partition partition = topic.partitions().get(number);
        Optional<PartitionManifest> manifest =
                partition.manifest().exists()
                        ? Optional.of(
                                ManifestStore.read(
                                        store, topic.name(), partition.id(), partition.manifest()))
                        : Optional.empty();
        return new PartitionPlan(
                new PartitionState(
                        partition.id(),
                        topic.name(),
                        "",
                        partition.baseEpoch(),
                        partition.logStart(),
                        partition.endOffset(),
                        partition.endOffset(),
                        partition.manifest(),
                        partition.epochs(),
                        List.of(),
                        List.of()),
                PartitionPlan.Origin.NAMED,
                manifest,
                List.of(),
                List.of());
    }

    private void assertSame(ObjectStore target, RestoredTopic topic, Uuid oldId, int partitions)
            throws Exception {
        assertThat(topic.partitions()).hasSize(partitions);
        for (int number = 0; number < partitions; number++) {
            PartitionId old = new PartitionId(oldId, number);
            RestoredTopic.Partition partition = topic.partitions().get(number);
            assertThat(partition.id()).isEqualTo(new PartitionId(newId, number));
            assertThat(partition.logStart())
                    .isEqualTo(cluster.journaledStarts.getOrDefault(old, 0L));
            assertThat(partition.endOffset())
                    .isEqualTo(cluster.journaledEnds.getOrDefault(old, 0L) + partition.aborted());
            assertThat(Restored.content(target, plan(target, topic, number)))
                    .startsWith(
                            cluster.survivors(old).stream()
                                    .map(HexFormat.of()::formatHex)
                                    .toArray(String[]::new))
                    .hasSize(cluster.survivors(old).size() + partition.aborted());
        }
    }

    @Test
    void aDeletedTopicComesBackByteForByteFromBothTiersUnderANewId() throws Exception {
        Uuid old = delete("orders");
        TreeMap<String, String> before = Restored.objects(store);

        TopicSource source = source("orders");
        RestoredTopic topic = restored(source);

        assertThat(source.deleted()).isTrue();
        assertThat(source.deletedAt()).isPresent();
        assertThat(source.lost()).isEmpty();
        assertThat(topic.configs()).isEqualTo(Map.of("retention.ms", "3600000"));
        assertThat(topic.generation()).isEqualTo(1);
        assertSame(store, topic, old, 3);
        assertThat(topic.partitions().get(0).logStart()).isEqualTo(4);
        assertThat(topic.partitions().get(2).endOffset()).isZero();
        assertThat(topic.partitions().get(2).manifest().exists()).isFalse();
        assertThat(Restored.objects(store)).containsAllEntriesOf(before);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void leaderEpochsOfTheRestoredTopicAreAboveAllThatItsRecordsCarry() throws Exception {
        delete("orders");

        RestoredTopic.Partition partition = restored(source("orders")).partitions().getFirst();

        assertThat(partition.epochs()).extracting(EpochStart::epoch).containsExactly(1, 2, 3, 4);
        assertThat(partition.epochs().getFirst().startOffset()).isGreaterThanOrEqualTo(4);
        assertThat(partition.baseEpoch()).isEqualTo(5);
    }

    @Test
    void aDeletionThatNoShardCarriedOutYetIsFoundToo() throws Exception {
        Uuid old = cluster.topic("orders").topicId();
        cluster.removeTopicInMetadata("orders");
        cluster.journalAll();

        TopicSource source = source("orders");

        assertThat(source.deleted()).isTrue();
        assertSame(store, restored(source), old, 3);
    }

    @Test
    void aCheckpointBehindTheDeletionChangesNothing() throws Exception {
        Uuid old = delete("orders");
        for (int shard = 0; shard < 3; shard++) {
            cluster.checkpoint(shard);
        }

        assertSame(store, restored(source("orders")), old, 3);
    }

    @Test
    void aTopicThatIsAliveIsCopiedAsFarAsTheBucketKnowsIt() throws Exception {
        cluster.append("orders", 0, 9);
        TreeMap<String, String> before = Restored.objects(store);

        TopicSource source = source("orders");
        RestoredTopic topic =
                restore(store, store, TopicRestore.SEGMENT_BYTES).run(source, "copy", newId);

        assertThat(source.deleted()).isFalse();
        assertThat(topic.fromId()).isEqualTo(cluster.topic("orders").topicId());
        assertSame(store, topic, topic.fromId(), 3);
        assertThat(Restored.objects(store)).containsAllEntriesOf(before);
        Restored.matches(store, RecoveryPlanner.plan(store), cluster);
    }

    @Test
    void aTopicComesOutOfAnotherClustersBucket() throws Exception {
        Uuid old = delete("orders");
        MemoryObjectStore elsewhere = new MemoryObjectStore(clock);
        new BucketBuilder(elsewhere, clock, new Random(13)).found(1);

        RestoredTopic topic =
                restore(store, elsewhere, TopicRestore.SEGMENT_BYTES)
                        .run(source("orders"), "orders", newId);

        assertSame(elsewhere, topic, old, 3);
    }

    @Test
    void aNameMeansTheLifeThatWasDeletedLastAndAnIdMeansExactlyOne() throws Exception {
        Uuid first = delete("orders");
        cluster.createTopic("orders", 1, Map.of());
        cluster.append("orders", 0, 2);
        cluster.journalAll();
        Uuid second = delete("orders");

        assertThat(source("orders").topic().id()).isEqualTo(second);
        assertThat(source("orders." + first).topic().id()).isEqualTo(first);
        assertThatThrownBy(() -> source("nobodys"))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("orders." + first)
                .hasMessageContaining("other");
    }

    @Test
    void transactionsThatWereOpenEndWithMarkersAndEveryIndexTellsOfAbortedOnes() throws Exception {
        cluster.appendTransactional("orders", 1, 2, 91, 0);
        cluster.append("orders", 1, 1);
        cluster.journalAll();
        Uuid old = delete("orders");

        RestoredTopic topic =
                restore(store, store, 1) // one batch for each segment
                        .run(source("orders"), "orders", newId);

        assertSame(store, topic, old, 3);
        RestoredTopic.Partition partition = topic.partitions().get(1);
        assertThat(partition.aborted()).isEqualTo(1);
        assertThat(partition.segments()).isEqualTo(9);
        AbortedTxn aborted = new AbortedTxn(91, 12, 15, 16);
        PartitionManifest manifest =
                ManifestStore.read(store, "orders", partition.id(), partition.manifest());
        for (SegmentEntry entry : manifest.entries()) {
            assertThat(
                            PackReader.open(store, entry.key("orders", partition.id()))
                                    .section(partition.id())
                                    .orElseThrow()
                                    .aborted())
                    .isEqualTo(entry.endOffset() <= 12 ? List.of() : List.of(aborted));
        }
    }

    @Test
    void aTopicOfWhichSomethingIsLostIsRefusedBeforeAnythingIsWritten() throws Exception {
        PartitionId id = cluster.id("orders", 0);
        delete("orders");
        String segment =
                Restored.objects(store).keySet().stream()
                        .filter(key -> key.contains(id.topicId() + "/0/segments/"))
                        .findFirst()
                        .orElseThrow();
        store.delete(List.of(segment));
        TreeMap<String, String> before = Restored.objects(store);

        TopicSource source = source("orders");

        assertThat(source.lost()).isNotEmpty();
        assertThatThrownBy(() -> restored(source)).isInstanceOf(RecoveryException.class);
        assertThat(Restored.objects(store)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRunThatDiesAtAnyWriteChangesNothingAndTheNextOneIsWhole(boolean afterTheWork)
            throws Exception {
        Uuid old = delete("orders");
        TreeMap<String, String> before = Restored.objects(store);
        Fault fault = afterTheWork ? new Fault.FailAfter() : new Fault.FailBefore();
        for (int writes = 0; ; writes++) {
            MemoryObjectStore bucket = LivedCluster.store(before, clock);
            long at = writes;
            long[] seen = new long[1];
            FaultPlan plan =
                    request ->
                            request.operation() == StoreOperation.PUT && seen[0]++ == at
                                    ? Optional.of(fault)
                                    : Optional.empty();
            TopicSource source = TopicPlanner.plan(bucket, List.of("orders")).getFirst();
            try {
                restore(bucket, new FaultyObjectStore(bucket, plan, time -> {}), 1)
                        .run(source, "orders", new Uuid(9, writes + 1));
                assertThat(afterTheWork || seen[0] <= at).isTrue();
            } catch (ObjectStoreException.Transient e) {
                assertThat(afterTheWork).as("an answer that was lost is asked for").isFalse();
            }

            RestoredTopic second =
                    restore(bucket, bucket, TopicRestore.SEGMENT_BYTES)
                            .run(source, "orders", newId);

            assertSame(bucket, second, old, 3);
            assertThat(Restored.objects(bucket)).containsAllEntriesOf(before);
            if (seen[0] <= at) {
                assertThat(writes).isGreaterThan(15);
                break;
            }
        }
    }
}
