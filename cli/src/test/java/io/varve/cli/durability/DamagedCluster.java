// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;

/// A killed broker's data and bucket, to be copied and damaged: two topics, a floor with records
/// below and above it, segment objects and journals. Immutable.
///
/// @param end records of `orders`, which are its sequences of producer 0
record DamagedCluster(Path folder, SeededRecords records, long end) {
    static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    static final TopicPartition CALM = new TopicPartition("calm", 0);
    static final int CALM_END = 50;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int BYTES_TO_KNOW_A_RECORD = 64;

    /// Makes one in this folder.
    static DamagedCluster in(Path folder) throws Exception {
        SeededRecords records = SeededRecords.of(4_000, 4_000);
        Path template = folder.resolve("template");
        try (BrokerNode broker = node(template).start()) {
            Cluster.createTopic(broker.kafka(), ORDERS.topic(), 1);
            Cluster.createTopic(broker.kafka(), CALM.topic(), 1);
            try (SeededProducer calm =
                            new SeededProducer(broker.kafka(), 1, records, List.of(CALM));
                    SeededProducer orders =
                            new SeededProducer(broker.kafka(), 0, records, List.of(ORDERS))) {
                calm.sendAll(CALM_END);
                orders.start(60);
                Awaitility.await("a floor").atMost(LIMIT).until(() -> floorIndex(broker) > 0);
                orders.stop();
                orders.sendAll(20);
                Cluster.flush(broker);
                broker.kill();
                return new DamagedCluster(folder, records, orders.acknowledgedCount());
            }
        }
    }

    private static BrokerNode node(Path folder) throws IOException {
        return BrokerNode.in(folder)
                .with("archive.interval.ms", "50")
                .with("archive.segment.age.ms", "1000")
                .with("log.file.bytes", "1048576");
    }

    private static long floorIndex(BrokerNode broker) throws Exception {
        return Cluster.json("archive", "status", "--bootstrap", broker.kafka(), "-o", "json")
                .get("shards")
                .get(1)
                .get("floorIndex")
                .asLong();
    }

    /// A broker on a copy of everything; not started.
    BrokerNode copy(String name) throws IOException {
        Path template = folder.resolve("template");
        Path copy = folder.resolve(name);
        BrokerNode broker = node(copy);
        Folders.copyAll(template.resolve("data"), copy.resolve("data"));
        Folders.copyAll(template.resolve("bucket"), copy.resolve("bucket"));
        return broker;
    }

    /// Where a record of `orders` is.
    record Place(Path file, long position) {}

    /// Looks for a record of `orders` in the shard log.
    Place placeOf(BrokerNode broker, long sequence) throws IOException {
        byte[] value = records.record(ORDERS, 0, sequence).value();
        for (Path file : Folders.files(broker.data(), ".*/shards/1-1-0/log/.*\\.log")) {
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 0; i + value.length <= bytes.length; i++) {
                if (bytes[i] == value[0]
                        && Arrays.equals(
                                bytes,
                                i,
                                i + BYTES_TO_KNOW_A_RECORD,
                                value,
                                0,
                                BYTES_TO_KNOW_A_RECORD)) {
                    return new Place(file, i);
                }
            }
        }
        throw new AssertionError("record not on disk: sequence=" + sequence);
    }

    /// The newest object of the bucket whose key matches.
    static Path newest(BrokerNode broker, String keyPattern) throws IOException {
        List<Path> objects = Folders.files(broker.bucket(), ".*/" + keyPattern);
        assertThat(objects).as(keyPattern).isNotEmpty();
        return objects.getLast();
    }

    /// Everything of a topic is there, byte for byte.
    void requireWhole(BrokerNode broker, TopicPartition partition) {
        ReadBack read = ReadBack.of(broker.kafka(), records, List.of(partition));
        assertThat(read.begin(partition)).isZero();
        assertThat(read.end(partition)).isEqualTo(partition.equals(ORDERS) ? end : CALM_END);
    }

    /// A partition takes new records.
    void requireWritable(BrokerNode broker, TopicPartition partition) {
        try (SeededProducer producer =
                new SeededProducer(broker.kafka(), 2, records, List.of(partition))) {
            producer.sendAll(10);
        }
    }
}
