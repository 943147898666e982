// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/// Partitions as one of Kafka's consumers sees them, from their first offset to their end: offsets
/// dense, every byte right, the sequences of every producer in order, none twice, none left out.
final class ReadBack {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration STALLED = Duration.ofSeconds(30);

    private final SeededRecords records;
    private final Map<TopicPartition, Long> begin;
    private final Map<TopicPartition, Long> next;

    /// Per partition and producer the offset of each sequence.
    private final Map<TopicPartition, Map<Integer, TreeMap<Long, Long>>> offsets = new HashMap<>();

    private ReadBack(SeededRecords records, Map<TopicPartition, Long> begin) {
        this.records = records;
        this.begin = new HashMap<>(begin);
        this.next = new HashMap<>(begin);
    }

    static KafkaConsumer<byte[], byte[]> consumer(String bootstrap, Map<String, String> more) {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.setProperty("auto.offset.reset", "none");
        properties.setProperty("enable.auto.commit", "false");
        properties.setProperty("default.api.timeout.ms", "30000");
        more.forEach(properties::setProperty);
        return new KafkaConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /// Reads whole partitions, to the ends that they have now at least.
    static ReadBack of(String bootstrap, SeededRecords records, List<TopicPartition> partitions) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap, Map.of())) {
            return of(consumer, records, partitions);
        }
    }

    static ReadBack of(
            KafkaConsumer<byte[], byte[]> consumer,
            SeededRecords records,
            List<TopicPartition> partitions) {
        consumer.assign(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        ReadBack read = new ReadBack(records, consumer.beginningOffsets(partitions));
        read.next.forEach(consumer::seek);
        long progressNs = System.nanoTime();
        while (ends.entrySet().stream().anyMatch(end -> read.end(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                read.add(record);
                progressNs = System.nanoTime();
            }
            assertThat(System.nanoTime() - progressNs)
                    .as("reading stands still: next=" + read.next + ", ends=" + ends)
                    .isLessThan(STALLED.toNanos());
        }
        return read;
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        assertThat(record.offset())
                .as(partition + ", sim.seed=" + records.seed())
                .isEqualTo(next.get(partition));
        next.put(partition, record.offset() + 1);
        SeededRecords.Name name = records.check(record);
        TreeMap<Long, Long> sequences =
                offsets.computeIfAbsent(partition, _ -> new HashMap<>())
                        .computeIfAbsent(name.producer(), _ -> new TreeMap<>());
        if (!sequences.isEmpty()) {
            assertThat(name.sequence())
                    .as(
                            partition
                                    + ", offset="
                                    + record.offset()
                                    + ", producer="
                                    + name.producer()
                                    + ", sim.seed="
                                    + records.seed())
                    .isEqualTo(sequences.lastKey() + 1);
        }
        sequences.put(name.sequence(), record.offset());
    }

    long begin(TopicPartition partition) {
        return begin.getOrDefault(partition, 0L);
    }

    long end(TopicPartition partition) {
        return next.getOrDefault(partition, 0L);
    }

    /// Records read.
    long count() {
        return next.entrySet().stream()
                .mapToLong(end -> end.getValue() - begin.getOrDefault(end.getKey(), 0L))
                .sum();
    }

    /// Everything that a producer sent was acknowledged and is there, from its first sequence, at
    /// the offset that it was told.
    ReadBack requireAll(SeededProducer producer) {
        producer.acknowledged()
                .forEach((partition, acknowledged) -> {
                    String what =
                            "producer="
                                    + producer.number()
                                    + ", "
                                    + partition
                                    + ", sim.seed="
                                    + records.seed();
                    assertThat((long) acknowledged.size())
                            .as(what)
                            .isEqualTo(producer.sent(partition));
                    assertThat(sequences(partition, producer.number()))
                            .as(what)
                            .isEqualTo(offsets(acknowledged));
                });
        return this;
    }

    /// What is there of a producer is what it was told; what it lost of that is the newest, and was
    /// acknowledged at or after a moment.
    ///
    /// @param sinceNs by [System#nanoTime]
    /// @return how many acknowledged records are lost
    long requireNoLossBefore(SeededProducer producer, long sinceNs) {
        long lost = 0;
        for (var partition : producer.acknowledged().entrySet()) {
            String what = "producer=" + producer.number() + ", " + partition.getKey();
            Map<Long, Long> read = sequences(partition.getKey(), producer.number());
            for (var acknowledged : partition.getValue().entrySet()) {
                Long offset = read.get(acknowledged.getKey());
                if (offset == null) {
                    lost++;
                    assertThat(acknowledged.getKey()).as(what).isGreaterThanOrEqualTo(read.size());
                    assertThat(acknowledged.getValue().atNs() - sinceNs).as(what).isPositive();
                } else {
                    assertThat(offset).as(what).isEqualTo(acknowledged.getValue().offset());
                }
            }
        }
        return lost;
    }

    private static Map<Long, Long> offsets(Map<Long, SeededProducer.Acknowledged> acknowledged) {
        Map<Long, Long> offsets = new TreeMap<>();
        acknowledged.forEach((sequence, answer) -> offsets.put(sequence, answer.offset()));
        return offsets;
    }

    /// Offset by sequence of what was read.
    Map<Long, Long> sequences(TopicPartition partition, int producer) {
        return offsets.getOrDefault(partition, Map.of()).getOrDefault(producer, new TreeMap<>());
    }
}
