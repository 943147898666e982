// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/// The one member of a group: reads, commits, and tells the truth what was committed. Owner: one
/// thread.
final class GroupMember implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private final String group;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Truth truth;
    private long records;

    /// @param protocol classic or consumer (KIP-848)
    GroupMember(String bootstrap, String group, String protocol, List<String> topics, Truth truth) {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.setProperty("group.id", group);
        properties.setProperty("group.protocol", protocol);
        properties.setProperty("enable.auto.commit", "false");
        properties.setProperty("auto.offset.reset", "earliest");
        properties.setProperty("max.poll.records", "200");
        properties.setProperty("default.api.timeout.ms", "20000");
        properties.setProperty("client.id", "demo-" + group);
        this.group = group;
        this.consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.truth = truth;
        consumer.subscribe(topics);
    }

    /// Reads and commits until so many more records were read, or the time is over.
    ///
    /// @return how many were read
    long read(long wanted, Duration limit) {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        long before = records;
        while (records - before < wanted && System.nanoTime() < deadlineNs) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                records++;
                offsets.put(
                        new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1));
            }
            if (!offsets.isEmpty()) {
                consumer.commitSync(offsets);
                long now = System.currentTimeMillis();
                offsets.forEach((tp, offset) -> truth.committed(group, tp, offset.offset(), now));
            }
        }
        return records - before;
    }

    @Override
    public void close() {
        consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(CLOSE));
    }
}
