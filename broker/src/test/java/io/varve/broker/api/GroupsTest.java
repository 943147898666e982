// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Kafka's own consumers in groups, and the Admin client on them, over a socket.
final class GroupsTest {
    private static final int PARTITIONS = 4;
    private static final int RECORDS = 200;

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

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void sharesPartitionsCommitsAndGoesOnWhereItStopped(String protocol) throws Exception {
        cluster.createTopic("t", PARTITIONS);
        produce();
        Set<Long> seen = new HashSet<>();

        try (KafkaConsumer<byte[], byte[]> first = consumer(protocol);
                KafkaConsumer<byte[], byte[]> second = consumer(protocol)) {
            first.subscribe(List.of("t"));
            second.subscribe(List.of("t"));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> {
                        collect(first, seen);
                        collect(second, seen);
                        return seen.size() == RECORDS
                                && first.assignment().size() + second.assignment().size()
                                        == PARTITIONS;
                    });
            first.commitSync();
            second.commitSync();

            var described = admin.describeConsumerGroups(List.of("g")).all().get().get("g");
            assertThat(described.members()).hasSize(2);
            assertThat(admin.listGroups().all().get())
                    .anyMatch(group -> group.groupId().equals("g"));
        }

        Map<TopicPartition, OffsetAndMetadata> committed =
                admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get();
        assertThat(committed.values().stream().mapToLong(OffsetAndMetadata::offset).sum())
                .isEqualTo(RECORDS);
        produce();
        try (KafkaConsumer<byte[], byte[]> third = consumer(protocol)) {
            third.subscribe(List.of("t"));
            Set<Long> again = new HashSet<>();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> {
                        collect(third, again);
                        return again.size() >= RECORDS;
                    });
            assertThat(again).hasSize(RECORDS).doesNotContainAnyElementsOf(seen);
        }
    }

    @Test
    void resetsDeletesAndForgetsOffsets() throws Exception {
        cluster.createTopic("t", PARTITIONS);
        TopicPartition partition = new TopicPartition("t", 0);
        admin.alterConsumerGroupOffsets("g", Map.of(partition, new OffsetAndMetadata(7)))
                .all()
                .get();
        assertThat(
                        admin.listConsumerGroupOffsets("g")
                                .partitionsToOffsetAndMetadata()
                                .get()
                                .get(partition)
                                .offset())
                .isEqualTo(7);

        admin.deleteConsumerGroupOffsets("g", Set.of(partition)).all().get();
        assertThat(admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get())
                .doesNotContainKey(partition);
        admin.alterConsumerGroupOffsets("g", Map.of(partition, new OffsetAndMetadata(8)))
                .all()
                .get();
        admin.deleteConsumerGroups(List.of("g")).all().get();

        assertThatThrownBy(() -> admin.deleteConsumerGroups(List.of("g")).all().get())
                .hasCauseInstanceOf(GroupIdNotFoundException.class);
    }

    @Test
    void refusesACommitForATopicThatIsNotThere() {
        TopicPartition partition = new TopicPartition("nowhere", 0);

        assertThatThrownBy(() ->
                        admin.alterConsumerGroupOffsets(
                                        "g", Map.of(partition, new OffsetAndMetadata(7)))
                                .all()
                                .get())
                .hasStackTraceContaining("UnknownTopicOrPartition");
    }

    private static void collect(KafkaConsumer<byte[], byte[]> consumer, Set<Long> seen) {
        consumer.poll(Duration.ofMillis(50))
                .forEach(record -> seen.add(record.partition() * 1_000_000L + record.offset()));
    }

    private void produce() {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.bootstrap()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                var _ =
                        producer.send(
                                new ProducerRecord<>("t", i % PARTITIONS, null, new byte[10]));
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer(String protocol) {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        cluster.bootstrap(),
                        ConsumerConfig.GROUP_ID_CONFIG,
                        "g",
                        ConsumerConfig.GROUP_PROTOCOL_CONFIG,
                        protocol,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }
}
