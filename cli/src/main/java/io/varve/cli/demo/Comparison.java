// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import io.varve.cli.demo.Truth.Acknowledged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/// Reads partitions by Kafka's protocol from their first offset to their end, and holds every
/// record against the truth.
final class Comparison {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration STALLED = Duration.ofSeconds(30);
    private static final int MISMATCHES_SHOWN = 20;

    private Comparison() {}

    /// What came of it.
    ///
    /// @param read records read
    /// @param matched read records that were acknowledged, with the same bytes at the same offset
    /// @param unacknowledged read records whose outcome the producer never learnt: allowed
    /// @param lost acknowledged records behind the end, by partition and offset
    /// @param mismatches holes, changed bytes, doubled or reordered offsets: never allowed
    /// @param ends end offset by partition
    record Result(
            long read,
            long matched,
            long unacknowledged,
            Map<TopicPartition, NavigableMap<Long, Acknowledged>> lost,
            List<String> mismatches,
            Map<TopicPartition, Long> ends) {
        long lostRecords() {
            return lost.values().stream().mapToLong(Map::size).sum();
        }

        /// Time of acknowledged records that is gone: from the oldest one that was lost to the last
        /// one that was acknowledged. What another partition kept does not shorten it.
        long lostMs(Truth truth) {
            long last = truth.lastAcknowledgedMs();
            return lost.values().stream()
                    .flatMap(records -> records.values().stream())
                    .mapToLong(record -> last - record.acknowledgedAtMs())
                    .max()
                    .orElse(0);
        }
    }

    static KafkaConsumer<byte[], byte[]> consumer(String bootstrap) {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.setProperty("auto.offset.reset", "none");
        properties.setProperty("enable.auto.commit", "false");
        properties.setProperty("default.api.timeout.ms", "20000");
        properties.setProperty("client.id", "demo-compare");
        return new KafkaConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /// @param partitions what to read, whole
    static Result of(String bootstrap, Truth truth, List<TopicPartition> partitions) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap)) {
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, Long> next =
                    new TreeMap<>(java.util.Comparator.comparing(TopicPartition::toString));
            next.putAll(consumer.beginningOffsets(partitions));
            partitions.forEach(tp -> consumer.seek(tp, next.getOrDefault(tp, 0L)));
            return read(consumer, truth, ends, next);
        }
    }

    private static Result read(
            KafkaConsumer<byte[], byte[]> consumer,
            Truth truth,
            Map<TopicPartition, Long> ends,
            Map<TopicPartition, Long> next) {
        Map<TopicPartition, NavigableMap<Long, Acknowledged>> acknowledged = truth.records();
        List<String> mismatches = new ArrayList<>();
        long read = 0;
        long matched = 0;
        long progressNs = System.nanoTime();
        while (ends.entrySet().stream()
                        .anyMatch(end -> next.getOrDefault(end.getKey(), 0L) < end.getValue())
                && mismatches.size() < MISMATCHES_SHOWN) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                TopicPartition tp = new TopicPartition(record.topic(), record.partition());
                progressNs = System.nanoTime();
                read++;
                if (record.offset() != next.getOrDefault(tp, 0L)) {
                    mismatches.add(
                            "offset out of order: partition="
                                    + tp
                                    + ", expected="
                                    + next.get(tp)
                                    + ", found="
                                    + record.offset());
                }
                next.put(tp, record.offset() + 1);
                Acknowledged wanted =
                        acknowledged.getOrDefault(tp, new TreeMap<>()).get(record.offset());
                if (wanted != null && wanted.checksum() == Truth.checksum(record)) {
                    matched++;
                } else if (wanted != null) {
                    mismatches.add(
                            "record differs: partition=" + tp + ", offset=" + record.offset());
                }
            }
            if (System.nanoTime() - progressNs > STALLED.toNanos()) {
                mismatches.add("reading stands still: next=" + next + ", ends=" + ends);
                break;
            }
        }
        Map<TopicPartition, NavigableMap<Long, Acknowledged>> lost = new java.util.HashMap<>();
        acknowledged.forEach((tp, offsets) -> {
            Long end = ends.get(tp);
            if (end != null && !offsets.tailMap(end, true).isEmpty()) {
                lost.put(tp, new TreeMap<>(offsets.tailMap(end, true)));
            }
        });
        holes(acknowledged, ends, matched, mismatches);
        return new Result(read, matched, read - matched, lost, mismatches, ends);
    }

    private static void holes(
            Map<TopicPartition, NavigableMap<Long, Acknowledged>> acknowledged,
            Map<TopicPartition, Long> ends,
            long matched,
            List<String> mismatches) {
        long expected = 0;
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            expected +=
                    acknowledged
                            .getOrDefault(end.getKey(), new TreeMap<>())
                            .headMap(end.getValue())
                            .size();
        }
        if (mismatches.isEmpty() && matched != expected) {
            mismatches.add(
                    "acknowledged records below the end are missing: expected="
                            + expected
                            + ", found="
                            + matched);
        }
    }
}
