// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Old offsets leave local disk and are read from the bucket: by a consumer that sees no
/// difference, and that is told when a byte there is not what it was. `-Dcold.megabytes=200` for
/// more than the default.
class ColdReadIT {
    private static final int MEGABYTES = Integer.getInteger("cold.megabytes", 24);
    private static final int VALUE_BYTES = 16_000;
    private static final long RECORDS = ((long) MEGABYTES << 20) / VALUE_BYTES;
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final Duration COLD_LIMIT = Duration.ofSeconds(60);
    private static final Duration DAMAGE_LIMIT = Duration.ofSeconds(20);
    private static final String LOG_FILES = ".*/shards/1-1-0/log/.*";

    /// What is left on local disk after the wait: the log files in use, the spare one, and what
    /// came since the last checkpoint.
    private static final long LOCAL_BYTES_MAX = 8 << 20;

    @TempDir Path folder;

    @Test
    void oldOffsetsAreReadFromTheBucketAndDamageThereIsSaid() throws Exception {
        SeededRecords records = SeededRecords.of(VALUE_BYTES, VALUE_BYTES);
        try (BrokerNode broker = node().start()) {
            Cluster.createTopic(broker.kafka(), "orders", 1, Map.of("local.retention.ms", "1000"));
            try (SeededProducer bulk = producer(broker, 0, records);
                    SeededProducer later = producer(broker, 1, records)) {
                bulk.sendAll(RECORDS);
                // A checkpoint comes after so many journals: this makes them.
                later.start(40);
                JsonNode storage = awaitColdOnly(broker, bulk.acknowledgedCount());
                later.stop();
                later.flush();

                ReadBack read =
                        ReadBack.of(broker.kafka(), records, List.of(PARTITION))
                                .requireAll(bulk)
                                .requireAll(later);
                System.out.printf(
                        "cold read: megabytes=%d, read=%d, storage=%s, localFiles=%d%n",
                        MEGABYTES,
                        read.count(),
                        storage,
                        Folders.bytes(Folders.files(broker.data(), LOG_FILES)));
            }
            assertThat(broker.metric("varve_tier_read_requests_total")).isPositive();

            broker.stop();
            Folders.deleteAll(broker.data().resolve("cache"));
            Path damaged = damageOneSegment(broker);
            broker.start();
            requireDamageIsSaid(broker, records, damaged);
        }
    }

    private BrokerNode node() throws IOException {
        return BrokerNode.in(folder)
                .with("archive.interval.ms", "50")
                .with("archive.segment.bytes", "2097152")
                .with("archive.segment.age.ms", "1000")
                .with("log.file.bytes", "1048576");
    }

    private static SeededProducer producer(BrokerNode broker, int number, SeededRecords records) {
        return new SeededProducer(broker.kafka(), number, records, List.of(PARTITION));
    }

    /// Waits until the records below this offset are in the bucket and nowhere else, as the command
    /// says and as the files show.
    private static JsonNode awaitColdOnly(BrokerNode broker, long endOffset) throws Exception {
        Awaitility.await()
                .atMost(COLD_LIMIT)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> requireColdOnly(broker, endOffset));
        return Cluster.storage(broker, "orders", 0);
    }

    private static void requireColdOnly(BrokerNode broker, long endOffset) throws Exception {
        JsonNode storage = Cluster.storage(broker, "orders", 0);
        long files = Folders.bytes(Folders.files(broker.data(), LOG_FILES));
        String all = "storage=" + storage + ", bytes of log files=" + files;
        assertThat(storage.get("logStartOffset").asLong()).as(all).isZero();
        assertThat(storage.get("hotStartOffset").asLong())
                .as(all)
                .isGreaterThanOrEqualTo(endOffset);
        assertThat(storage.get("archivedEndOffset").asLong())
                .as(all)
                .isGreaterThanOrEqualTo(endOffset);
        assertThat(storage.get("hotBytes").asLong()).as(all).isLessThan(LOCAL_BYTES_MAX);
        assertThat(files).as(all).isLessThan(LOCAL_BYTES_MAX);
    }

    /// Changes one bit in the middle of one object in the middle of the partition.
    private static Path damageOneSegment(BrokerNode broker) throws IOException {
        List<Path> segments = segments(broker);
        assertThat(segments).hasSizeGreaterThan(MEGABYTES / 4);
        Path damaged = segments.get(segments.size() / 2);
        Folders.flip(damaged, Files.size(damaged) / 2);
        return damaged;
    }

    private static List<Path> segments(BrokerNode broker) throws IOException {
        return Folders.files(broker.bucket(), ".*/topics/orders/.*/0/segments/[^/]*");
    }

    private static long baseOffset(Path segment) {
        return Long.parseLong(segment.getFileName().toString().split("-", -1)[0]);
    }

    private static void requireDamageIsSaid(BrokerNode broker, SeededRecords records, Path damaged)
            throws Exception {
        List<Path> segments = segments(broker);
        long end = baseOffset(segments.get(segments.indexOf(damaged) + 1));
        try (KafkaConsumer<byte[], byte[]> consumer = ReadBack.consumer(broker.kafka(), Map.of())) {
            consumer.assign(List.of(PARTITION));
            consumer.seek(PARTITION, 0);

            assertThatThrownBy(() -> readUntil(consumer, records, end))
                    .isInstanceOf(KafkaException.class)
                    .hasMessageContaining("corrupt message when fetching offset")
                    .hasMessageContaining(PARTITION.toString());
            long stopped = consumer.position(PARTITION);
            assertThat(stopped).isGreaterThanOrEqualTo(baseOffset(damaged)).isLessThan(end);

            consumer.seek(PARTITION, end);
            readUntil(consumer, records, consumer.endOffsets(List.of(PARTITION)).get(PARTITION));
        }
        assertThat(broker.log()).contains(damaged.getFileName().toString());
    }

    /// Reads on from the consumer's position, looking at every byte.
    private static void readUntil(
            KafkaConsumer<byte[], byte[]> consumer, SeededRecords records, long endOffset) {
        long deadlineNs = System.nanoTime() + DAMAGE_LIMIT.toNanos();
        long next = consumer.position(PARTITION);
        while (next < endOffset) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                assertThat(record.offset()).isEqualTo(next);
                records.check(record);
                next++;
            }
            assertThat(System.nanoTime()).as("next=" + next).isLessThan(deadlineNs);
        }
    }
}
