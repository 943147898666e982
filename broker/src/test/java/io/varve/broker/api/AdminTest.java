// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Kafka's own Admin client against the handlers over a socket; the controller is a fake in memory.
final class AdminTest {
    private MemoryCluster cluster;
    private Admin admin;

    @BeforeEach
    void start() throws Exception {
        cluster = new MemoryCluster();
        admin =
                Admin.create(
                        Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.bootstrap()));
    }

    @AfterEach
    void stop() {
        admin.close();
        cluster.close();
    }

    @Test
    void createsDescribesAndDeletesTopics() throws Exception {
        var created =
                admin.createTopics(
                        List.of(
                                new NewTopic("a", 3, (short) 1)
                                        .configs(Map.of("retention.ms", "1000"))));
        Uuid id = created.topicId("a").get();
        assertThat(created.numPartitions("a").get()).isEqualTo(3);
        assertThat(created.config("a").get().get("retention.ms").value()).isEqualTo("1000");

        TopicDescription byName = admin.describeTopics(List.of("a")).allTopicNames().get().get("a");
        assertThat(byName.topicId()).isEqualTo(id);
        assertThat(byName.partitions())
                .hasSize(3)
                .allSatisfy(
                        each -> assertThat(each.leader().id()).isEqualTo(MemoryCluster.NODE_ID));
        assertThat(
                        admin.describeTopics(TopicCollection.ofTopicIds(List.of(id)))
                                .allTopicIds()
                                .get()
                                .get(id)
                                .name())
                .isEqualTo("a");
        assertThat(admin.listTopics().names().get()).containsExactly("a");
        assertThatThrownBy(() ->
                        admin.createTopics(List.of(new NewTopic("a", 1, (short) 1))).all().get())
                .hasCauseInstanceOf(TopicExistsException.class);

        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();

        assertThat(admin.listTopics().names().get()).isEmpty();
        assertThatThrownBy(() -> admin.deleteTopics(List.of("a")).all().get())
                .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
        assertThatThrownBy(() -> admin.describeTopics(List.of("a")).allTopicNames().get())
                .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }

    @Test
    void addsPartitions() throws Exception {
        cluster.createTopic("a", 1);

        admin.createPartitions(Map.of("a", NewPartitions.increaseTo(4))).all().get();

        assertThat(admin.describeTopics(List.of("a")).allTopicNames().get().get("a").partitions())
                .hasSize(4);
    }

    @Test
    void describesAndAltersConfigs() throws Exception {
        cluster.createTopic("a", 1);
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "a");
        assertThat(configOf(topic).get("max.message.bytes").source())
                .isNotEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);

        Collection<AlterConfigOp> ops =
                List.of(
                        new AlterConfigOp(
                                new ConfigEntry("max.message.bytes", "4096"),
                                AlterConfigOp.OpType.SET));
        admin.incrementalAlterConfigs(Map.of(topic, ops)).all().get();

        ConfigEntry altered = configOf(topic).get("max.message.bytes");
        assertThat(altered.value()).isEqualTo("4096");
        assertThat(altered.source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        assertThat(configOf(new ConfigResource(ConfigResource.Type.BROKER, "1")).entries())
                .isNotEmpty();
        assertThatThrownBy(() -> configOf(new ConfigResource(ConfigResource.Type.TOPIC, "none")))
                .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
        assertThat(
                        admin.listConfigResources(
                                        Set.of(ConfigResource.Type.TOPIC),
                                        new org.apache.kafka.clients.admin
                                                .ListConfigResourcesOptions())
                                .all()
                                .get())
                .containsExactly(topic);
    }

    @Test
    void describesTheCluster() throws Exception {
        cluster.createTopic("a", 1);

        assertThat(admin.describeCluster().clusterId().get()).isEqualTo(cluster.clusterId());
        assertThat(admin.describeCluster().controller().get().port()).isEqualTo(cluster.port());
        assertThat(
                        admin.describeLogDirs(List.of(1))
                                .allDescriptions()
                                .get()
                                .get(1)
                                .get("/data")
                                .replicaInfos())
                .containsKey(new TopicPartition("a", 0));
        var directory =
                admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1).get("/data");
        assertThat(directory.totalBytes()).hasValue(1_000);
        assertThat(directory.usableBytes()).hasValue(400);
        assertThat(admin.describeFeatures().featureMetadata().get().finalizedFeatures())
                .containsOnlyKeys("metadata.version", "group.version");
    }

    @Test
    void deletesRecordsBelowAnOffset() throws Exception {
        cluster.createTopic("a", 1);
        TopicPartition partition = new TopicPartition("a", 0);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.bootstrap()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("a", new byte[1])).get();
            }
        }

        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4)));

        assertThat(deleted.lowWatermarks().get(partition).get().lowWatermark()).isEqualTo(4);
        assertThat(
                        admin.listOffsets(Map.of(partition, OffsetSpec.earliest()))
                                .partitionResult(partition)
                                .get()
                                .offset())
                .isEqualTo(4);
        assertThatThrownBy(() ->
                        admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(11)))
                                .all()
                                .get())
                .hasCauseInstanceOf(OffsetOutOfRangeException.class);
    }

    private Config configOf(ConfigResource resource) throws Exception {
        return admin.describeConfigs(List.of(resource)).all().get().get(resource);
    }
}
