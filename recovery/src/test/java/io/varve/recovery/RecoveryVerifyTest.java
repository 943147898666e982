// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.Batches;
import io.varve.objectstore.memory.MemoryObjectStore;
import io.varve.recovery.Verification.Mismatch;
import io.varve.recovery.Verification.What;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecoveryVerifyTest {
    private final ManualClock clock = new ManualClock();
    private final MemoryObjectStore store = new MemoryObjectStore(clock);
    private final BucketBuilder truth = new BucketBuilder(store, clock, new Random(9));
    private final RecordedCluster cluster = new RecordedCluster();

    @BeforeEach
    void restored() throws Exception {
        truth.found(1);
        truth.createTopic("orders", 2, Map.of("retention.ms", "9"));
        truth.createTopic("__consumer_offsets", 1, Map.of());
        for (int i = 0; i < 4; i++) {
            truth.append("orders", i % 2, 3);
        }
        truth.commitOffset("readers", "orders", 0, 4);
        truth.journalAll();
        truth.segment(truth.id("orders", 0));
        new RecoveryRun(store, RecoveryOptions.careful("test").withForce(), clock, step -> {})
                .run();
        truth.topics.forEach((name, topic) -> {
            cluster.topics.put(
                    name, new ClusterView.TopicView(topic.partitions(), topic.configs()));
            for (int partition = 0; partition < topic.partitions(); partition++) {
                cluster.records.put(name + "-" + partition, records(truth.id(name, partition)));
            }
        });
        cluster.committed = 4;
    }

    private List<ClusterView.RecordView> records(PartitionId id) {
        List<ClusterView.RecordView> records = new ArrayList<>();
        for (byte[] batch : truth.survivors(id)) {
            for (Record record : Batches.records(ByteBuffer.wrap(batch)).records()) {
                records.add(
                        new ClusterView.RecordView(
                                record.offset(),
                                record.timestamp(),
                                record.key(),
                                record.value(),
                                List.of()));
            }
        }
        return records;
    }

    private List<What> mismatches() throws Exception {
        return RecoveryVerify.verify(store, cluster).mismatches().stream()
                .map(Mismatch::what)
                .toList();
    }

    @Test
    void restoredClusterMatchesRecordByRecord() throws Exception {
        Verification verification = RecoveryVerify.verify(store, cluster);

        assertThat(verification.mismatches()).isEmpty();
        assertThat(verification.generation()).isEqualTo(2);
        assertThat(verification.partitions()).isEqualTo(3);
        assertThat(verification.records()).isEqualTo(13);
    }

    @Test
    void whatTheRestoreWasMadeFromMayBeCollectedMeanwhile() throws Exception {
        java.util.Set<String> named = new java.util.HashSet<>();
        for (var row :
                io.varve.manifest.generation.ClusterFiles.cut(store, 2).orElseThrow().shards()) {
            io.varve.manifest.checkpoint.CheckpointStore.read(store, row.to(), 0)
                    .journals()
                    .forEach(ref -> named.add(ref.key()));
        }
        for (String key : Restored.objects(store).keySet()) {
            if (key.startsWith("shards/1/") && !named.contains(key)) {
                store.delete(List.of(key));
            }
        }

        Verification verification = RecoveryVerify.verify(store, cluster);

        assertThat(verification.mismatches()).isEmpty();
        assertThat(verification.partitions()).isEqualTo(3);
        assertThat(verification.records()).isEqualTo(13);
    }

    @Test
    void clusterThatWentOnMatches() throws Exception {
        cluster.extraEnd = 100;
        cluster.committed = 6;

        assertThat(mismatches()).isEmpty();
    }

    @Test
    void changedRecordIsNamedByItsOffset() throws Exception {
        List<ClusterView.RecordView> records = cluster.recordsOf("orders-1");
        ClusterView.RecordView third = records.get(2);
        records.set(
                2,
                new ClusterView.RecordView(
                        third.offset(), third.timestampMs(), third.key(), null, third.headers()));

        List<Mismatch> mismatches = RecoveryVerify.verify(store, cluster).mismatches();

        assertThat(mismatches).hasSize(1);
        assertThat(mismatches.getFirst().what()).isEqualTo(What.RECORD);
        assertThat(mismatches.getFirst().message()).contains("orders-1", "offset=2");
    }

    @Test
    void missingTopicsConfigsEndsAndOffsetsAreNamed() throws Exception {
        cluster.topics.put("orders", new ClusterView.TopicView(2, Map.of()));
        cluster.recordsOf("orders-0").removeLast();
        cluster.committed = 1;
        cluster.topics.remove("__consumer_offsets");

        assertThat(mismatches())
                .containsExactlyInAnyOrder(
                        What.TOPIC, What.CONFIG, What.END_OFFSET, What.GROUP_OFFSET);
    }

    /// A cluster that holds what it is given.
    private static final class RecordedCluster implements ClusterView {
        final Map<String, TopicView> topics = new HashMap<>();
        final Map<String, List<RecordView>> records = new HashMap<>();
        long committed;
        long extraEnd;

        List<RecordView> recordsOf(String partition) {
            return Optional.ofNullable(records.get(partition)).orElseThrow();
        }

        @Override
        public Map<String, TopicView> topics() {
            return topics;
        }

        @Override
        public long startOffset(String topic, int partition) {
            return 0;
        }

        @Override
        public long endOffset(String topic, int partition) {
            return recordsOf(topic + "-" + partition).size() + extraEnd;
        }

        @Override
        public Optional<Long> committedOffset(String group, String topic, int partition)
                throws IOException {
            return Optional.of(committed);
        }

        @Override
        public Iterator<RecordView> records(
                String topic, int partition, long fromOffset, long endOffset) {
            return recordsOf(topic + "-" + partition).stream()
                    .filter(record -> record.offset() >= fromOffset && record.offset() < endOffset)
                    .iterator();
        }
    }
}
