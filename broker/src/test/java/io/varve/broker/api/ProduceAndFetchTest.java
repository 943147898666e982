// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.broker.network.ListenerSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Kafka's own producer and consumer against the handlers over a socket; shards are in memory.
final class ProduceAndFetchTest {
    private static final Duration POLL = Duration.ofMillis(200);

    private MemoryCluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = new MemoryCluster();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void givesBackWhatWasProduced(String codec) throws Exception {
        cluster.createTopic("t", 3);
        List<String> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                producer(
                        Map.of(
                                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                                codec,
                                ProducerConfig.LINGER_MS_CONFIG,
                                5))) {
            List<Future<RecordMetadata>> acks = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                sent.add("value-" + i);
                acks.add(
                        producer.send(
                                new ProducerRecord<>(
                                        "t", i % 3, null, ("value-" + i).getBytes(UTF_8))));
            }
            for (Future<RecordMetadata> ack : acks) {
                assertThat(ack.get().offset()).isNotNegative();
            }
        }

        assertThat(consumeAll("t", 3, 1000)).containsExactlyInAnyOrderElementsOf(sent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void takesEveryKindOfAcks(String acks) throws Exception {
        cluster.createTopic("t", 1);
        try (KafkaProducer<byte[], byte[]> producer =
                producer(
                        Map.of(
                                ProducerConfig.ACKS_CONFIG,
                                acks,
                                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                                acks.equals("all")))) {
            RecordMetadata ack =
                    producer.send(new ProducerRecord<>("t", "v".getBytes(UTF_8))).get();
            assertThat(ack.hasOffset()).isEqualTo(!acks.equals("0"));
        }

        assertThat(consumeAll("t", 1, 1)).containsExactly("v");
    }

    @Test
    void createsAMentionedTopicOnlyWhenAllowed() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                producer(Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, 700))) {
            assertThat(producer.send(new ProducerRecord<>("made", new byte[1])).get().topic())
                    .isEqualTo("made");

            cluster.autoCreate = false;
            assertThatThrownBy(() ->
                            producer.send(new ProducerRecord<>("not-made", new byte[1])).get())
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(TimeoutException.class)
                    .cause()
                    .isInstanceOf(UnknownTopicOrPartitionException.class);
        }
        assertThat(cluster.image().topics().getTopic("not-made")).isNull();
    }

    @Test
    void wakesAWaitingFetchWhenRecordsArrive() throws Exception {
        cluster.createTopic("t", 1);
        try (KafkaConsumer<byte[], byte[]> consumer =
                        consumer(Map.of(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 10_000));
                KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            consumer.assign(List.of(new TopicPartition("t", 0)));
            consumer.seekToBeginning(consumer.assignment());
            assertThat(consumer.poll(POLL)).isEmpty();
            await().until(() -> cluster.parked.get() == 1);

            producer.send(new ProducerRecord<>("t", "late".getBytes(UTF_8))).get();

            assertThat(consumer.poll(Duration.ofSeconds(20))).hasSize(1);
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    @Test
    void waitsForTheBytesThatTheClientWants() throws Exception {
        cluster.createTopic("t", 1);
        try (KafkaConsumer<byte[], byte[]> consumer =
                        consumer(
                                Map.of(
                                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                                        60_000,
                                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                                        5_000));
                KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            consumer.assign(List.of(new TopicPartition("t", 0)));
            consumer.seekToBeginning(consumer.assignment());
            producer.send(new ProducerRecord<>("t", new byte[1000])).get();
            assertThat(consumer.poll(POLL)).isEmpty();
            await().until(() -> cluster.parked.get() == 1);

            producer.send(new ProducerRecord<>("t", new byte[5000])).get();

            assertThat(consumer.poll(Duration.ofSeconds(20))).hasSize(2);
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    @Test
    void givesABatchLargerThanEveryLimit() throws Exception {
        cluster.createTopic("t", 1);
        try (KafkaConsumer<byte[], byte[]> consumer =
                        consumer(
                                Map.of(
                                        ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                                        100,
                                        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                                        10));
                KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>("t", new byte[100_000])).get();
            consumer.assign(List.of(new TopicPartition("t", 0)));
            consumer.seekToBeginning(consumer.assignment());

            assertThat(consumer.poll(Duration.ofSeconds(20))).hasSize(1);
        }
    }

    @Test
    void tellsAnOffsetOutOfRangeFromALeaderInDoubt() throws Exception {
        cluster.createTopic("t", 1);
        TopicPartition partition = new TopicPartition("t", 0);
        try (KafkaConsumer<byte[], byte[]> consumer =
                consumer(Map.of(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none"))) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 100);
            cluster.shard.leadsForSure = false;
            assertThat(consumer.poll(POLL)).isEmpty();

            cluster.shard.leadsForSure = true;
            assertThatThrownBy(() -> await().until(() -> !consumer.poll(POLL).isEmpty()))
                    .hasStackTraceContaining(OffsetOutOfRangeException.class.getName());
        }
    }

    @Test
    void findsOffsetsByTimeAndAtBothEnds() throws Exception {
        cluster.createTopic("t", 1);
        TopicPartition partition = new TopicPartition("t", 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of());
                KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("t", 0, 1000L + i, null, new byte[1])).get();
            }

            assertThat(consumer.beginningOffsets(List.of(partition))).containsEntry(partition, 0L);
            assertThat(consumer.endOffsets(List.of(partition))).containsEntry(partition, 10L);
            Map<TopicPartition, OffsetAndTimestamp> found =
                    consumer.offsetsForTimes(Map.of(partition, 1004L));
            assertThat(found.get(partition).offset()).isEqualTo(4);
            assertThat(found.get(partition).timestamp()).isEqualTo(1004);
            assertThat(consumer.offsetsForTimes(Map.of(partition, 9999L)).get(partition)).isNull();
        }
    }

    @Test
    void aProducerThatIsPushedBackIsToldAndTriesAgain() throws Exception {
        cluster.createTopic("t", 1);
        cluster.admission =
                (_, _) ->
                        new WriteAdmission.Verdict.Refused(
                                Errors.KAFKA_STORAGE_ERROR, "no space", Duration.ofMillis(100));
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            Future<RecordMetadata> refused =
                    producer.send(new ProducerRecord<>("t", "v".getBytes(UTF_8)));
            await().until(() -> throttled(producer) >= 100);
            assertThat(refused).isNotDone();
            assertThat(cluster.shard.partitions().iterator().next().highWatermark()).isZero();

            cluster.admission = (_, _) -> new WriteAdmission.Verdict.Slowed(Duration.ofMillis(100));
            assertThat(refused.get().offset()).isZero();
            cluster.admission = WriteAdmission.always();
        }
        assertThat(consumeAll("t", 1, 1)).containsExactly("v");
    }

    private static double throttled(KafkaProducer<byte[], byte[]> producer) {
        return producer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("produce-throttle-time-max"))
                .mapToDouble(metric -> (double) metric.metricValue())
                .max()
                .orElse(0);
    }

    @Test
    void aSlowedProducerWithoutAcksIsSlowedToo() throws Exception {
        cluster.createTopic("t", 1);
        cluster.admission = (_, _) -> new WriteAdmission.Verdict.Slowed(Duration.ofMillis(50));
        long before = System.nanoTime();
        try (KafkaProducer<byte[], byte[]> producer =
                producer(
                        Map.of(
                                ProducerConfig.ACKS_CONFIG,
                                "0",
                                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                                false,
                                ProducerConfig.BATCH_SIZE_CONFIG,
                                1))) {
            for (int i = 0; i < 200; i++) {
                var _ = producer.send(new ProducerRecord<>("t", new byte[500]));
            }
            await().until(() ->
                    cluster.shard.partitions().iterator().next().highWatermark() == 200);
        }
        // So many may be open on a connection at once.
        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isGreaterThan(Duration.ofMillis(50L * (200 / ListenerSettings.IN_FLIGHT_MAX - 1)));
    }

    @Test
    void goesOnWhenLeadershipComesBack() throws Exception {
        cluster.createTopic("t", 1);
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>("t", "before".getBytes(UTF_8))).get();
            var ready = cluster.shard.leadership;
            cluster.shard.leadership = io.varve.broker.shard.Leadership.Elsewhere.UNKNOWN;
            Future<RecordMetadata> during =
                    producer.send(new ProducerRecord<>("t", "during".getBytes(UTF_8)));
            CompletableFuture.delayedExecutor(300, java.util.concurrent.TimeUnit.MILLISECONDS)
                    .execute(() -> cluster.shard.leadership = ready);

            assertThat(during.get().offset()).isEqualTo(1);
        }
        assertThat(consumeAll("t", 1, 2)).containsExactly("before", "during");
    }

    private List<String> consumeAll(String topic, int partitions, int count) {
        List<String> got = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            consumer.assign(
                    Stream.iterate(0, i -> i + 1)
                            .limit(partitions)
                            .map(i -> new TopicPartition(topic, i))
                            .toList());
            consumer.seekToBeginning(consumer.assignment());
            await().until(() -> {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    got.add(new String(record.value(), UTF_8));
                }
                return got.size() >= count;
            });
        }
        return got;
    }

    private KafkaProducer<byte[], byte[]> producer(Map<String, Object> config) {
        Map<String, Object> all = new HashMap<>(config);
        all.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.bootstrap());
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> config) {
        Map<String, Object> all = new HashMap<>(config);
        all.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.bootstrap());
        return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
