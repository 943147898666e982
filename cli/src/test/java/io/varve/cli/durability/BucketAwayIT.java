// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The bucket cannot be used for a while: producers and readers of new records do not notice, the
/// figures do, and nothing is missing in the bucket afterwards.
class BucketAwayIT {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    /// More than the longest pause between two tries of the archiver.
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final double LAG_SECONDS = 2;

    @TempDir Path folder;

    /// A way in which a directory is no bucket.
    private enum Away {
        /// As an unmounted disk.
        GONE,
        /// As whatever makes every call fail.
        A_FILE
    }

    @Test
    void producersAndReadersGoOnAndNothingIsMissingAfterwards() throws Exception {
        SeededRecords records = SeededRecords.of(100, 2_000);
        try (BrokerNode broker = BrokerNode.in(folder).with("archive.interval.ms", "200").start()) {
            Cluster.createTopic(broker.kafka(), "orders", 1);
            try (SeededProducer producer =
                    new SeededProducer(broker.kafka(), 0, records, List.of(PARTITION))) {
                producer.sendAll(100);
                Cluster.flush(broker);
                producer.start(100);

                for (Away away : Away.values()) {
                    outage(broker, producer, records, away);
                }

                producer.stop();
                producer.flush();
                Cluster.flush(broker);
                JsonNode storage = Cluster.storage(broker, "orders", 0);
                long end = producer.acknowledgedCount();
                assertThat(storage.get("journaledEndOffset").asLong()).isEqualTo(end);
                assertThat(broker.metric("varve_archive_lag_seconds")).isLessThan(LAG_SECONDS);
                broker.kill();
                requireAllInBucket(broker, records, producer);
            }
        }
    }

    private void outage(
            BrokerNode broker, SeededProducer producer, SeededRecords records, Away away)
            throws Exception {
        Path hidden = folder.resolve("hidden");
        Files.move(broker.bucket(), hidden);
        if (away == Away.A_FILE) {
            Files.createFile(broker.bucket());
        }
        try {
            long before = producer.acknowledgedCount();
            Awaitility.await(away.toString())
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> broker.metric("varve_archive_lag_seconds") > LAG_SECONDS);
            assertThat(broker.metric("varve_archive_lag_bytes")).isPositive();
            assertThat(producer.acknowledgedCount()).isGreaterThan(before);
            producer.requireNoFailure();
            readsHot(broker, records, before);
            assertThat(broker.get("/health/ready")).contains("ready");
            assertThat(Files.isDirectory(broker.bucket())).as("not made again").isFalse();
        } finally {
            Files.deleteIfExists(broker.bucket());
            Files.move(hidden, broker.bucket());
        }
        Awaitility.await(away.toString())
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> broker.metric("varve_archive_lag_seconds") < LAG_SECONDS);
    }

    /// What came since the outage is read.
    private static void readsHot(BrokerNode broker, SeededRecords records, long fromOffset) {
        try (KafkaConsumer<byte[], byte[]> consumer = ReadBack.consumer(broker.kafka(), Map.of())) {
            consumer.assign(List.of(PARTITION));
            consumer.seek(PARTITION, fromOffset);
            Awaitility.await("hot read")
                    .atMost(LIMIT)
                    .pollDelay(Duration.ZERO)
                    .until(() -> {
                        var read = consumer.poll(Duration.ofMillis(200));
                        read.forEach(records::check);
                        return !read.isEmpty();
                    });
        }
    }

    /// The bucket alone holds all that was acknowledged.
    private void requireAllInBucket(
            BrokerNode broker, SeededRecords records, SeededProducer producer) throws Exception {
        Folders.deleteAll(broker.data());
        Ended recovered =
                Program.run(
                        folder,
                        LIMIT,
                        "recover",
                        "run",
                        "--cluster",
                        "--bucket",
                        broker.bucketUrl(),
                        "--yes",
                        "--force");
        assertThat(recovered.exitCode()).as(recovered.err()).isZero();
        broker.start();
        ReadBack.of(broker.kafka(), records, List.of(PARTITION)).requireAll(producer);
    }

    /// As after a boot at which the bucket's disk was not mounted: there is no directory, or an
    /// empty one.
    @Test
    void aBrokerThatStartsWithoutItsBucketMakesNoOther() throws Exception {
        SeededRecords records = SeededRecords.of(100, 2_000);
        try (BrokerNode broker = BrokerNode.in(folder).with("archive.interval.ms", "200").start()) {
            Cluster.createTopic(broker.kafka(), "orders", 1);
            try (SeededProducer producer =
                    new SeededProducer(broker.kafka(), 0, records, List.of(PARTITION))) {
                producer.sendAll(100);
                broker.kill();
                Path hidden = folder.resolve("hidden");
                Files.move(broker.bucket(), hidden);

                requireRefused(broker, "bucket of this data directory is gone");
                assertThat(Files.exists(broker.bucket())).isFalse();
                Files.createDirectory(broker.bucket());
                requireRefused(broker, "bucket holds nothing of this directory's cluster");
                assertThat(Folders.files(broker.bucket(), ".*\\.json")).isEmpty();

                Folders.deleteAll(broker.bucket());
                Files.move(hidden, broker.bucket());
                broker.start();
                ReadBack.of(broker.kafka(), records, List.of(PARTITION)).requireAll(producer);
            }
        }
    }

    private static void requireRefused(BrokerNode broker, String why) throws Exception {
        Ended ended = broker.startRefused();
        assertThat(ended.exitCode()).as(ended.err()).isEqualTo(2);
        assertThat(ended.said()).as(ended.err()).hasSize(1);
        assertThat(ended.said().getFirst())
                .contains(why)
                .contains(broker.bucketUrl())
                .contains("is its disk mounted?");
    }
}
