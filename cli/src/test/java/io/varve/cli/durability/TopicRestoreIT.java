// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.cli.Run;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A topic that was deleted by mistake, brought back while the cluster runs and another topic is
/// written to.
class TopicRestoreIT {
    private static final List<TopicPartition> ORDERS =
            List.of(new TopicPartition("orders", 0), new TopicPartition("orders", 1));
    private static final List<TopicPartition> OTHER = List.of(new TopicPartition("other", 0));
    private static final Duration READ_LIMIT = Duration.ofSeconds(60);

    @TempDir private Path folder = Path.of("");

    /// A record but for its topic.
    private record Seen(
            int partition,
            long offset,
            long timestamp,
            int leaderEpoch,
            String key,
            String value) {}

    @Test
    void aDeletedTopicComesBackWhileTheClusterRunsAndGoesOn() throws Exception {
        SeededRecords records = SeededRecords.of(100, 2_000);
        try (BrokerNode broker =
                BrokerNode.in(folder.resolve("cluster"))
                        .with("archive.interval.ms", "500")
                        .start()) {
            Cluster.createTopic(broker.kafka(), "orders", 2, Map.of("retention.ms", "864000000"));
            Cluster.createTopic(broker.kafka(), "other", 1);
            try (SeededProducer busy = new SeededProducer(broker.kafka(), 0, records, OTHER)) {
                List<Seen> before;
                try (SeededProducer producer =
                        new SeededProducer(broker.kafka(), 1, records, ORDERS)) {
                    producer.sendAll(200);
                    flushSegments(broker);
                    producer.sendAll(200);
                    Cluster.flush(broker);
                    before = read(broker, "orders");
                    assertThat(before).hasSizeGreaterThanOrEqualTo(400);
                }
                busy.start(50);
                delete(broker, "orders");

                JsonNode plan = recover(broker, "plan", "orders");
                assertThat(plan.at("/topics/0/deleted").asBoolean()).isTrue();
                JsonNode run = recover(broker, "run", "orders", "--yes");
                assertThat(run.at("/topics/0/topic").asText()).isEqualTo("orders");
                assertThat(run.at("/lost")).isEmpty();

                assertThat(read(broker, "orders")).isEqualTo(before);
                JsonNode copied = recover(broker, "run", "orders", "--as", "copy", "--yes");
                assertThat(copied.at("/topics/0/topic").asText()).isEqualTo("copy");
                assertThat(read(broker, "copy")).isEqualTo(before);
                refusedWhileTheNameIsTaken(broker);
                goOn(broker, records, before);

                broker.kill();
                busy.giveUp();
                broker.start();
                assertThat(read(broker, "orders")).startsWith(firstOf(before));
                assertThat(read(broker, "copy")).isEqualTo(before);
            }
        }
    }

    private static Seen[] firstOf(List<Seen> seen) {
        return seen.stream().filter(each -> each.partition() == 0).toArray(Seen[]::new);
    }

    private static void flushSegments(BrokerNode broker) throws Exception {
        var _ =
                Cluster.json(
                        "archive",
                        "flush",
                        "--segments",
                        "--bootstrap",
                        broker.kafka(),
                        "-o",
                        "json");
    }

    private static void delete(BrokerNode broker, String topic) throws Exception {
        try (Admin admin = Cluster.admin(broker.kafka())) {
            admin.deleteTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
        }
    }

    private static JsonNode recover(BrokerNode broker, String command, String topic, String... more)
            throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of("recover", command, "--topic", topic, "--bucket"));
        arguments.add(broker.bucketUrl());
        if (command.equals("run")) {
            arguments.addAll(List.of("--bootstrap", broker.kafka()));
        }
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("-o", "json"));
        return Cluster.json(arguments.toArray(new String[0]));
    }

    private static void refusedWhileTheNameIsTaken(BrokerNode broker) {
        Run run =
                Run.of(
                        "recover",
                        "run",
                        "--topic",
                        "orders",
                        "--bucket",
                        broker.bucketUrl(),
                        "--bootstrap",
                        broker.kafka(),
                        "--yes");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("already exists");
    }

    /// A new producer writes on behind the restored end, in a later epoch.
    private static void goOn(BrokerNode broker, SeededRecords records, List<Seen> before)
            throws Exception {
        try (SeededProducer fresh = new SeededProducer(broker.kafka(), 2, records, ORDERS)) {
            fresh.sendAll(100);
        }
        List<Seen> after = read(broker, "orders");
        assertThat(after).hasSize(before.size() + 100).containsAll(before);
        int highest = before.stream().mapToInt(Seen::leaderEpoch).max().orElseThrow();
        assertThat(after.stream().filter(seen -> !before.contains(seen)))
                .allSatisfy(seen -> assertThat(seen.leaderEpoch()).isGreaterThan(highest));
    }

    /// Partition after partition.
    private static List<Seen> read(BrokerNode broker, String topic) {
        List<Seen> seen = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                ReadBack.consumer(broker.kafka(), Map.of("auto.offset.reset", "earliest"))) {
            for (int number = 0; number < 2; number++) {
                TopicPartition partition = new TopicPartition(topic, number);
                consumer.assign(List.of(partition));
                long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
                long deadlineNs = System.nanoTime() + READ_LIMIT.toNanos();
                while (consumer.position(partition) < end && System.nanoTime() < deadlineNs) {
                    for (ConsumerRecord<byte[], byte[]> record :
                            consumer.poll(Duration.ofMillis(200))) {
                        seen.add(seen(record));
                    }
                }
                assertThat(consumer.position(partition)).isEqualTo(end);
            }
        }
        return seen;
    }

    private static Seen seen(ConsumerRecord<byte[], byte[]> record) {
        return new Seen(
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.leaderEpoch().orElse(-1),
                text(record.key()),
                text(record.value()));
    }

    private static String text(byte @org.jspecify.annotations.Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
