// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Retention and DeleteRecords over both tiers: the earliest offset moves, the objects below leave
/// the bucket after their grace, and nothing above does.
class RetentionIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final int VALUE_BYTES = 8_000;
    private static final long RECORDS = 600;
    private static final long SEGMENT_BYTES = 1 << 20;
    private static final TopicPartition BY_SIZE = new TopicPartition("by-size", 0);
    private static final TopicPartition BY_AGE = new TopicPartition("by-age", 0);
    private static final TopicPartition BY_HAND = new TopicPartition("by-hand", 0);
    private static final TopicPartition KEPT = new TopicPartition("kept", 0);
    private static final List<TopicPartition> ALL = List.of(BY_SIZE, BY_AGE, BY_HAND, KEPT);

    @TempDir Path folder;

    @Test
    void whatIsBelowTheLogStartLeavesTheBucketAndNothingElse() throws Exception {
        SeededRecords records = SeededRecords.of(VALUE_BYTES, VALUE_BYTES);
        try (BrokerNode broker = node().start()) {
            for (TopicPartition partition : ALL) {
                Cluster.createTopic(broker.kafka(), partition.topic(), 1);
            }
            try (SeededProducer producer = new SeededProducer(broker.kafka(), 0, records, ALL)) {
                producer.sendAll(RECORDS * ALL.size());
                Awaitility.await("all in segments")
                        .atMost(LIMIT)
                        .untilAsserted(() -> {
                            for (TopicPartition partition : ALL) {
                                assertThat(coveredEnd(broker, partition)).isEqualTo(RECORDS);
                            }
                        });
                Map<Long, Path> kept = segments(broker, KEPT);

                alter(broker, BY_SIZE, "retention.bytes", Long.toString(2 * SEGMENT_BYTES));
                alter(broker, BY_AGE, "retention.ms", "1000");
                deleteRecords(broker, BY_HAND, RECORDS / 2);

                awaitObjectsOfRetention(broker);
                assertThat(earliest(broker, BY_AGE)).isEqualTo(RECORDS);
                assertThat(earliest(broker, BY_HAND)).isEqualTo(RECORDS / 2);
                assertThat(earliest(broker, BY_SIZE)).isBetween(RECORDS / 4, RECORDS - 1);
                assertThat(earliest(broker, KEPT)).isZero();
                assertThat(segments(broker, KEPT)).isEqualTo(kept);

                // What is read below must not go while it is read.
                alter(broker, BY_SIZE, "retention.bytes", "-1");
                alter(broker, BY_AGE, "retention.ms", "-1");
                producer.sendAll(40L * ALL.size());
                ReadBack read = ReadBack.of(broker.kafka(), records, ALL);
                for (TopicPartition partition : ALL) {
                    assertThat(read.end(partition)).isEqualTo(RECORDS + 40);
                    assertThat(read.sequences(partition, 0))
                            .as(partition.toString())
                            .hasSize(Math.toIntExact(RECORDS + 40 - read.begin(partition)));
                }
                System.out.printf(
                        "retention: records=%d, read=%d, by size from %d%n",
                        RECORDS * ALL.size(), read.count(), read.begin(BY_SIZE));
            }
        }
    }

    private BrokerNode node() throws IOException {
        return BrokerNode.in(folder)
                .with("archive.interval.ms", "200")
                .with("archive.segment.bytes", Long.toString(SEGMENT_BYTES))
                .with("archive.segment.age.ms", "500")
                .with("archive.delete.grace.ms", "1000")
                .with("log.retention.check.interval.ms", "500");
    }

    /// Waits until the bucket holds, of every partition, what is at or above its log start, and
    /// nothing below.
    private static void awaitObjectsOfRetention(BrokerNode broker) {
        Awaitility.await("objects gone")
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(250))
                .untilAsserted(() -> {
                    assertThat(segments(broker, BY_AGE)).isEmpty();
                    for (TopicPartition partition : List.of(BY_SIZE, BY_HAND)) {
                        long start = earliest(broker, partition);
                        assertThat(start).as(partition.toString()).isPositive();
                        Map<Long, Path> segments = segments(broker, partition);
                        long next = segments.keySet().iterator().next();
                        assertThat(next).as(partition.toString()).isLessThanOrEqualTo(start);
                        for (Map.Entry<Long, Path> segment : segments.entrySet()) {
                            assertThat(segment.getKey()).as(partition.toString()).isEqualTo(next);
                            next = endOffset(segment.getValue());
                            assertThat(next).as(partition.toString()).isGreaterThan(start);
                        }
                        assertThat(next).as(partition.toString()).isEqualTo(RECORDS);
                    }
                });
    }

    /// Segment objects by base offset.
    private static Map<Long, Path> segments(BrokerNode broker, TopicPartition partition)
            throws IOException {
        Map<Long, Path> segments = new TreeMap<>();
        for (Path file :
                Folders.files(
                        broker.bucket(),
                        ".*/topics/" + partition.topic() + "/[^/]*/0/segments/[^/]*")) {
            segments.put(Long.parseLong(file.getFileName().toString().split("-", -1)[0]), file);
        }
        return segments;
    }

    private static long endOffset(Path segment) {
        return Long.parseLong(segment.getFileName().toString().split("-", -1)[1]);
    }

    private static long coveredEnd(BrokerNode broker, TopicPartition partition) throws IOException {
        return segments(broker, partition).values().stream()
                .mapToLong(RetentionIT::endOffset)
                .max()
                .orElse(0);
    }

    private static void alter(BrokerNode broker, TopicPartition partition, String key, String value)
            throws Exception {
        try (Admin admin = Cluster.admin(broker.kafka())) {
            admin.incrementalAlterConfigs(
                            Map.of(
                                    new ConfigResource(
                                            ConfigResource.Type.TOPIC, partition.topic()),
                                    List.of(
                                            new AlterConfigOp(
                                                    new ConfigEntry(key, value),
                                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    private static void deleteRecords(BrokerNode broker, TopicPartition partition, long before)
            throws Exception {
        try (Admin admin = Cluster.admin(broker.kafka())) {
            assertThat(
                            admin.deleteRecords(
                                            Map.of(partition, RecordsToDelete.beforeOffset(before)))
                                    .lowWatermarks()
                                    .get(partition)
                                    .get(30, TimeUnit.SECONDS)
                                    .lowWatermark())
                    .isEqualTo(before);
        }
    }

    private static long earliest(BrokerNode broker, TopicPartition partition) throws Exception {
        try (Admin admin = Cluster.admin(broker.kafka())) {
            return admin.listOffsets(Map.of(partition, OffsetSpec.earliest()))
                    .partitionResult(partition)
                    .get(30, TimeUnit.SECONDS)
                    .offset();
        }
    }
}
