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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aDeletedTopicComesBackWhileTheClusterRunsAndGoesOn(int brokers) throws Exception {
        SeededRecords records = SeededRecords.of(100, 2_000);
        try (BrokerNodes cluster = BrokerNodes.in(folder.resolve("cluster"), brokers).start()) {
            Cluster.createTopic(cluster.kafka(), "orders", 2, Map.of("retention.ms", "864000000"));
            Cluster.createTopic(cluster.kafka(), "other", 1);
            try (SeededProducer busy = new SeededProducer(cluster.kafka(), 0, records, OTHER)) {
                List<Seen> before;
                try (SeededProducer producer =
                        new SeededProducer(cluster.kafka(), 1, records, ORDERS)) {
                    producer.sendAll(200);
                    flushSegments(cluster);
                    producer.sendAll(200);
                    Cluster.flush(cluster.kafka());
                    before = read(cluster, "orders");
                    assertThat(before).hasSizeGreaterThanOrEqualTo(400);
                }
                busy.start(50);
                delete(cluster, "orders");

                JsonNode plan = recover(cluster, "plan", "orders");
                assertThat(plan.at("/topics/0/deleted").asBoolean()).isTrue();
                JsonNode run = recover(cluster, "run", "orders", "--yes");
                assertThat(run.at("/topics/0/topic").asText()).isEqualTo("orders");
                assertThat(run.at("/lost")).isEmpty();

                assertThat(read(cluster, "orders")).isEqualTo(before);
                JsonNode copied = recover(cluster, "run", "orders", "--as", "copy", "--yes");
                assertThat(copied.at("/topics/0/topic").asText()).isEqualTo("copy");
                assertThat(read(cluster, "copy")).isEqualTo(before);
                refusedWhileTheNameIsTaken(cluster);
                goOn(cluster, records, before);

                cluster.kill();
                busy.giveUp();
                cluster.start();
                assertThat(read(cluster, "orders")).startsWith(firstOf(before));
                assertThat(read(cluster, "copy")).isEqualTo(before);
            }
        }
    }

    private static Seen[] firstOf(List<Seen> seen) {
        return seen.stream().filter(each -> each.partition() == 0).toArray(Seen[]::new);
    }

    private static void flushSegments(BrokerNodes cluster) throws Exception {
        var _ =
                Cluster.json(
                        "archive",
                        "flush",
                        "--segments",
                        "--bootstrap",
                        cluster.kafka(),
                        "-o",
                        "json");
    }

    private static void delete(BrokerNodes cluster, String topic) throws Exception {
        try (Admin admin = Cluster.admin(cluster.kafka())) {
            admin.deleteTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
        }
    }

    private static JsonNode recover(
            BrokerNodes cluster, String command, String topic, String... more) throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of("recover", command, "--topic", topic, "--bucket"));
        arguments.add(cluster.bucketUrl());
        if (command.equals("run")) {
            arguments.addAll(List.of("--bootstrap", cluster.kafka()));
        }
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("-o", "json"));
        return Cluster.json(arguments.toArray(new String[0]));
    }

    private static void refusedWhileTheNameIsTaken(BrokerNodes cluster) {
        Run run =
                Run.of(
                        "recover",
                        "run",
                        "--topic",
                        "orders",
                        "--bucket",
                        cluster.bucketUrl(),
                        "--bootstrap",
                        cluster.kafka(),
                        "--yes");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("already exists");
    }

    /// A new producer writes on behind the restored end, in a later epoch.
    private static void goOn(BrokerNodes cluster, SeededRecords records, List<Seen> before)
            throws Exception {
        try (SeededProducer fresh = new SeededProducer(cluster.kafka(), 2, records, ORDERS)) {
            fresh.sendAll(100);
        }
        List<Seen> after = read(cluster, "orders");
        assertThat(after).hasSize(before.size() + 100).containsAll(before);
        int highest = before.stream().mapToInt(Seen::leaderEpoch).max().orElseThrow();
        assertThat(after.stream().filter(seen -> !before.contains(seen)))
                .allSatisfy(seen -> assertThat(seen.leaderEpoch()).isGreaterThan(highest));
    }

    /// Partition after partition.
    private static List<Seen> read(BrokerNodes cluster, String topic) {
        List<Seen> seen = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                ReadBack.consumer(cluster.kafka(), Map.of("auto.offset.reset", "earliest"))) {
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
