// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/// What producers and groups were told: which record is at which offset, and which group offsets
/// are committed. Kept in this process, far from the brokers. Thread-safe.
final class Truth {
    /// An acknowledged record.
    ///
    /// @param checksum over key, value, headers and timestamp
    record Acknowledged(int checksum, long acknowledgedAtMs) {}

    private final Map<TopicPartition, ConcurrentSkipListMap<Long, Acknowledged>> records =
            new ConcurrentHashMap<>();
    private final Map<String, Map<TopicPartition, ConcurrentSkipListMap<Long, Long>>> commits =
            new ConcurrentHashMap<>();

    void acknowledged(TopicPartition partition, long offset, int checksum, long atMs) {
        Acknowledged before =
                records.computeIfAbsent(partition, tp -> new ConcurrentSkipListMap<>())
                        .put(offset, new Acknowledged(checksum, atMs));
        if (before != null) {
            throw new IllegalStateException(
                    "two records were acknowledged at one offset: partition="
                            + partition
                            + ", offset="
                            + offset);
        }
    }

    /// Records from this offset on were lost: their offsets are given out again.
    void forget(TopicPartition partition, long fromOffset) {
        records.getOrDefault(partition, new ConcurrentSkipListMap<>())
                .tailMap(fromOffset, true)
                .clear();
    }

    void committed(String group, TopicPartition partition, long offset, long atMs) {
        commits.computeIfAbsent(group, name -> new ConcurrentHashMap<>())
                .computeIfAbsent(partition, tp -> new ConcurrentSkipListMap<>())
                .put(atMs, offset);
    }

    Map<TopicPartition, NavigableMap<Long, Acknowledged>> records() {
        return new HashMap<>(records);
    }

    /// Offset by time of commit, for each group and partition.
    Map<String, Map<TopicPartition, NavigableMap<Long, Long>>> commits() {
        Map<String, Map<TopicPartition, NavigableMap<Long, Long>>> copy = new TreeMap<>();
        commits.forEach((group, partitions) -> copy.put(group, new HashMap<>(partitions)));
        return copy;
    }

    long count() {
        return records.values().stream().mapToLong(Map::size).sum();
    }

    /// When the last record was acknowledged.
    long lastAcknowledgedMs() {
        return records.values().stream()
                .flatMap(offsets -> offsets.values().stream())
                .mapToLong(Acknowledged::acknowledgedAtMs)
                .max()
                .orElse(0);
    }

    static int checksum(ProducerRecord<byte[], byte[]> record, long timestamp) {
        return checksum(record.key(), record.value(), record.headers(), timestamp);
    }

    static int checksum(ConsumerRecord<byte[], byte[]> record) {
        return checksum(record.key(), record.value(), record.headers(), record.timestamp());
    }

    private static int checksum(
            byte @Nullable [] key, byte @Nullable [] value, Headers headers, long timestamp) {
        CRC32C crc = new CRC32C();
        update(crc, key);
        update(crc, value);
        for (Header header : headers) {
            update(crc, header.key().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            update(crc, header.value());
        }
        update(crc, java.nio.ByteBuffer.allocate(Long.BYTES).putLong(timestamp).array());
        return (int) crc.getValue();
    }

    private static void update(CRC32C crc, byte @Nullable [] bytes) {
        crc.update(bytes == null ? 0 : 1);
        if (bytes != null) {
            crc.update(bytes.length >>> 16);
            crc.update(bytes.length >>> 8);
            crc.update(bytes.length);
            crc.update(bytes);
        }
    }
}
