// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.NoOpRecord;
import org.apache.kafka.common.metadata.PartitionChangeRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.junit.jupiter.api.Test;

class MetadataFoldTest {
    private static final int NODE = 7;

    @Test
    void recordsOfAnImageMakeTheSameImageAgain() {
        for (long seed : seeds()) {
            Random random = new Random(seed);
            MetadataFold fold = MetadataFold.empty();
            List<Uuid> topics = new ArrayList<>();
            long offset = 0;
            for (int step = 0; step < 60; step++) {
                List<ApiMessageAndVersion> change = randomChange(random, topics, step == 0);
                fold.replay(at(offset, MetadataRecords.batch(change, 1_000 + step)));
                offset += change.size();

                MetadataFold again = MetadataFold.from(fold.records());
                assertSameContent(again.image(), fold.image(), "seed=" + seed + ", step=" + step);
                assertThat(fold.image().offset()).as("seed=%d", seed).isEqualTo(offset - 1);
            }
        }
    }

    @Test
    void replayGoesOnFromWhatTheRecordsSaid() {
        long seed = 42;
        Random random = new Random(seed);
        MetadataFold whole = MetadataFold.empty();
        List<Uuid> topics = new ArrayList<>();
        whole.replay(MetadataRecords.batch(randomChange(random, topics, true), 1));
        for (int i = 0; i < 20; i++) {
            whole.replay(MetadataRecords.batch(randomChange(random, topics, false), 2));
        }
        MetadataFold resumed = MetadataFold.from(whole.records());
        for (int i = 0; i < 20; i++) {
            ByteBuffer batch = MetadataRecords.batch(randomChange(random, topics, false), 3);
            whole.replay(batch);
            resumed.replay(batch);
        }
        assertSameContent(resumed.image(), whole.image(), "seed=" + seed);
    }

    @Test
    void emptyImageHasNoRecords() {
        assertThat(MetadataFold.empty().records()).isEmpty();
        assertThat(MetadataFold.from(List.of()).image().isEmpty()).isTrue();
    }

    @Test
    void imageWithoutMetadataVersionStaysWithoutOne() {
        MetadataFold fold = MetadataFold.empty();
        fold.replay(
                MetadataRecords.batch(
                        List.of(record(new TopicRecord().setName("a").setTopicId(new Uuid(1, 2)))),
                        0));

        assertSameContent(MetadataFold.from(fold.records()).image(), fold.image(), "no version");
    }

    @Test
    void aRecordThatDoesNotFitChangesNothing() {
        MetadataFold fold = MetadataFold.empty();
        MetadataImage before = fold.image();
        ByteBuffer batch =
                MetadataRecords.batch(
                        List.of(
                                record(new TopicRecord().setName("a").setTopicId(new Uuid(1, 2))),
                                record(new RemoveTopicRecord().setTopicId(new Uuid(9, 9)))),
                        0);

        assertThatThrownBy(() -> fold.replay(batch)).isInstanceOf(CorruptObjectException.class);
        assertThat(fold.image()).isSameAs(before);
    }

    @Test
    void bytesThatAreNoRecordAreCorrupt() {
        assertThatThrownBy(() -> MetadataFold.from(List.of(new byte[] {1, 127, 0, 5})))
                .isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> MetadataFold.from(List.of(new byte[0])))
                .isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void noOpRecordsAreSkipped() {
        MetadataFold fold = MetadataFold.empty();
        MetadataFold.Change change =
                fold.replay(MetadataRecords.batch(List.of(record(new NoOpRecord())), 0));
        assertThat(change.image().isEmpty()).isTrue();
    }

    @Test
    void shardDirectoriesAreTheirOwnInverse() {
        assertThat(ShardDirectories.shardOf(ShardDirectories.of(0))).hasValue(0);
        assertThat(ShardDirectories.shardOf(ShardDirectories.of(4_711))).hasValue(4_711);
        assertThat(ShardDirectories.shardOf(Uuid.randomUuid())).isEmpty();
        assertThat(ShardDirectories.shardOf(new Uuid(0, 0))).isEmpty();
    }

    private static List<Long> seeds() {
        Long fixed = Long.getLong("sim.seed");
        return fixed != null ? List.of(fixed) : List.of(1L, 2L, 3L, 4L, 5L);
    }

    private static void assertSameContent(
            MetadataImage actual, MetadataImage expected, String description) {
        assertThat(actual.features()).as(description).isEqualTo(expected.features());
        assertThat(actual.cluster()).as(description).isEqualTo(expected.cluster());
        assertThat(actual.topics()).as(description).isEqualTo(expected.topics());
        assertThat(actual.configs()).as(description).isEqualTo(expected.configs());
        assertThat(actual.producerIds()).as(description).isEqualTo(expected.producerIds());
    }

    private static List<ApiMessageAndVersion> randomChange(
            Random random, List<Uuid> topics, boolean first) {
        List<ApiMessageAndVersion> change = new ArrayList<>();
        if (first) {
            change.add(
                    record(
                            new FeatureLevelRecord()
                                    .setName(MetadataVersion.FEATURE_NAME)
                                    .setFeatureLevel(
                                            MetadataVersion.LATEST_PRODUCTION.featureLevel())));
            change.add(
                    record(
                            new RegisterBrokerRecord()
                                    .setBrokerId(NODE)
                                    .setIncarnationId(new Uuid(5, 5))
                                    .setFenced(false)));
            return change;
        }
        switch (random.nextInt(topics.isEmpty() ? 1 : 6)) {
            case 1 -> change.add(record(new RemoveTopicRecord().setTopicId(topics.removeLast())));
            case 2 ->
                    change.add(
                            record(
                                    new ConfigRecord()
                                            .setResourceType(ConfigResource.Type.TOPIC.id())
                                            .setResourceName("t-" + topics.getFirst())
                                            .setName("retention.ms")
                                            .setValue(
                                                    random.nextInt(3) == 0
                                                            ? null
                                                            : String.valueOf(
                                                                    random.nextInt(1_000)))));
            case 3 ->
                    change.add(
                            record(
                                    new PartitionChangeRecord()
                                            .setTopicId(topics.get(random.nextInt(topics.size())))
                                            .setPartitionId(0)
                                            .setDirectories(
                                                    List.of(
                                                            ShardDirectories.of(
                                                                    random.nextInt(4))))));
            case 4 ->
                    change.add(
                            record(
                                    new ProducerIdsRecord()
                                            .setBrokerId(NODE)
                                            .setNextProducerId(random.nextLong(1L << 40))));
            default -> {
                Uuid id = new Uuid(random.nextLong(), random.nextLong());
                topics.add(id);
                change.add(record(new TopicRecord().setName("t-" + id).setTopicId(id)));
                for (int partition = 0; partition <= random.nextInt(4); partition++) {
                    change.add(record(partition(id, partition, random.nextInt(4))));
                }
            }
        }
        return change;
    }

    private static PartitionRecord partition(Uuid topic, int partition, int shard) {
        return new PartitionRecord()
                .setTopicId(topic)
                .setPartitionId(partition)
                .setReplicas(List.of(NODE))
                .setIsr(List.of(NODE))
                .setLeader(NODE)
                .setDirectories(List.of(ShardDirectories.of(shard)));
    }

    private static ApiMessageAndVersion record(ApiMessage message) {
        short version =
                switch (message) {
                    case PartitionRecord p -> 1;
                    case PartitionChangeRecord p -> 1;
                    default -> 0;
                };
        return new ApiMessageAndVersion(message, version);
    }

    private static ByteBuffer at(long baseOffset, ByteBuffer batches) {
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            batch.setLastOffset(baseOffset + batch.countOrNull() - 1);
        }
        return batches;
    }
}
