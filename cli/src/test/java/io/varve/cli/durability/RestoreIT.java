// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The broker is killed and its disk is gone: the cluster comes back from the bucket alone, and
/// those who used it go on.
class RestoreIT {
    private static final Duration RECOVER_LIMIT = Duration.ofSeconds(60);
    private static final Duration KILL_POINT_LIMIT = Duration.ofSeconds(20);
    private static final Duration GROUP_LIMIT = Duration.ofSeconds(30);
    private static final long INTERVAL_MS = 500;

    /// A restore of this cluster puts a few objects more.
    private static final int KILL_POINTS = 5;

    private static final int KILLED = 137;

    /// The interval, and the time that the put of a journal may take on a busy machine.
    private static final Duration LOSS_MAX = Duration.ofMillis(INTERVAL_MS + 4_000);

    private static final List<TopicPartition> ORDERS =
            List.of(
                    new TopicPartition("orders", 0),
                    new TopicPartition("orders", 1),
                    new TopicPartition("orders", 2));
    private static final TopicPartition AUDIT = new TopicPartition("audit", 0);
    private static final TopicPartition RETRIED = new TopicPartition("retried", 0);
    private static final Map<String, Map<String, String>> CONFIGS =
            Map.of(
                    "orders",
                    Map.of("retention.ms", "86400000", "max.message.bytes", "900000"),
                    "audit",
                    Map.of(
                            "message.timestamp.type",
                            "LogAppendTime",
                            "retention.bytes",
                            "1073741824",
                            "local.retention.ms",
                            "3600000"),
                    "retried",
                    Map.of());

    @TempDir Path folder;

    /// What an admin client sees of a cluster.
    private record View(
            Map<String, Integer> partitions,
            Map<String, Map<String, String>> configs,
            Map<String, Map<TopicPartition, Long>> groups) {}

    @Test
    void topicsConfigsOffsetsRecordsGroupsAndProducersComeBackFromTheBucketAlone()
            throws Exception {
        SeededRecords records = SeededRecords.of(100, 2_000);
        List<TopicPartition> partitions = new ArrayList<>(ORDERS);
        partitions.add(AUDIT);
        try (BrokerNode broker = node("cluster").start()) {
            createTopics(broker);
            RawProducer raw = RawProducer.init(broker.kafka());
            raw.produce(broker.kafka(), RETRIED, 0, bytes("first"));
            RawProducer.Answer last = raw.produce(broker.kafka(), RETRIED, 1, bytes("last"));
            try (SeededProducer survivor =
                            new SeededProducer(broker.kafka(), 0, records, partitions);
                    SeededProducer untilTheEnd =
                            new SeededProducer(broker.kafka(), 1, records, partitions)) {
                survivor.sendAll(400);
                commitOffsets(broker);
                Cluster.flush(broker);
                View before = view(broker);
                untilTheEnd.start(200);
                awaitAcknowledged(untilTheEnd, 100);

                broker.kill();
                long killedNs = System.nanoTime();
                untilTheEnd.giveUp();
                Path old = folder.resolve("old-data");
                Files.move(broker.data(), old);
                JsonNode run = recover(broker.bucketUrl());
                assertThat(run.get("generation").asInt()).isEqualTo(2);
                broker.start();

                assertThat(view(broker)).isEqualTo(before);
                long lost =
                        ReadBack.of(broker.kafka(), records, partitions)
                                .requireAll(survivor)
                                .requireNoLossBefore(untilTheEnd, killedNs - LOSS_MAX.toNanos());
                System.out.printf(
                        "restore: acknowledged=%d, lost=%d, interval=%d ms%n",
                        survivor.acknowledgedCount() + untilTheEnd.acknowledgedCount(),
                        lost,
                        INTERVAL_MS);
                goOn(broker, records, partitions, survivor, untilTheEnd.number());
                assertThat(raw.produce(broker.kafka(), RETRIED, 1, bytes("last")))
                        .as("the retry of a batch that was acknowledged")
                        .isEqualTo(last);
                assertThat(raw.produce(broker.kafka(), RETRIED, 2, bytes("next")).baseOffset())
                        .isEqualTo(last.baseOffset() + 1);
                requireOldBrokerRefuses(old, broker.bucketUrl());
            }
        }
    }

    private BrokerNode node(String name) throws IOException {
        return BrokerNode.in(folder.resolve(name))
                .with("archive.interval.ms", Long.toString(INTERVAL_MS));
    }

    private static void createTopics(BrokerNode broker) throws Exception {
        Cluster.createTopic(broker.kafka(), "orders", ORDERS.size(), config("orders"));
        Cluster.createTopic(broker.kafka(), "audit", 1, config("audit"));
        Cluster.createTopic(broker.kafka(), "retried", 1, config("retried"));
    }

    private static Map<String, String> config(String topic) {
        return CONFIGS.getOrDefault(topic, Map.of());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void commitOffsets(BrokerNode broker) throws Exception {
        try (Admin admin = Cluster.admin(broker.kafka())) {
            admin.alterConsumerGroupOffsets(
                            "billing",
                            Map.of(
                                    ORDERS.get(0), new OffsetAndMetadata(10),
                                    ORDERS.get(1), new OffsetAndMetadata(20),
                                    ORDERS.get(2), new OffsetAndMetadata(30)))
                    .all()
                    .get();
            admin.alterConsumerGroupOffsets(
                            "shipping", Map.of(AUDIT, new OffsetAndMetadata(7, "by hand")))
                    .all()
                    .get();
        }
    }

    private static void awaitAcknowledged(SeededProducer producer, long count) {
        Awaitility.await()
                .atMost(GROUP_LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> producer.acknowledgedCount() >= count);
        producer.requireNoFailure();
    }

    private static View view(BrokerNode broker) throws Exception {
        Map<String, Integer> partitions = new TreeMap<>();
        Map<String, Map<String, String>> configs = new TreeMap<>();
        Map<String, Map<TopicPartition, Long>> groups = new TreeMap<>();
        try (Admin admin = Cluster.admin(broker.kafka())) {
            for (TopicDescription topic :
                    admin.describeTopics(CONFIGS.keySet()).allTopicNames().get().values()) {
                partitions.put(topic.name() + " " + topic.topicId(), topic.partitions().size());
                ConfigResource resource =
                        new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
                Map<String, String> own = new TreeMap<>();
                admin
                        .describeConfigs(List.of(resource))
                        .all()
                        .get()
                        .get(resource)
                        .entries()
                        .stream()
                        .filter(entry ->
                                entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                        .forEach(entry -> own.put(entry.name(), entry.value()));
                assertThat(own).isEqualTo(config(topic.name()));
                configs.put(topic.name(), own);
            }
            for (String group : List.of("billing", "shipping")) {
                Map<TopicPartition, Long> offsets =
                        new TreeMap<>(java.util.Comparator.comparing(TopicPartition::toString));
                admin.listConsumerGroupOffsets(group)
                        .partitionsToOffsetAndMetadata()
                        .get()
                        .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
                assertThat(offsets).isNotEmpty();
                groups.put(group, offsets);
            }
        }
        return new View(partitions, configs, groups);
    }

    private JsonNode recover(String bucketUrl) throws Exception {
        Ended ended = Program.run(folder, RECOVER_LIMIT, recoverRun(bucketUrl));
        assertThat(ended.exitCode()).as(ended.err() + ended.out()).isZero();
        return new ObjectMapper().readTree(ended.out());
    }

    /// In this process, to save its start.
    private static JsonNode recoverHere(String bucketUrl) throws IOException {
        Run run = Run.of(recoverRun(bucketUrl));
        assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    private static String[] recoverRun(String bucketUrl) {
        return new String[] {
            "recover", "run", "--cluster", "--bucket", bucketUrl, "--yes", "--force", "-o", "json"
        };
    }

    /// Who lived through it writes on, a new one begins, a group reads on from where it was, a new
    /// one reads everything.
    private static void goOn(
            BrokerNode broker,
            SeededRecords records,
            List<TopicPartition> partitions,
            SeededProducer survivor,
            int lostOne)
            throws Exception {
        survivor.sendAll(100);
        try (SeededProducer fresh =
                new SeededProducer(broker.kafka(), lostOne + 1, records, partitions)) {
            fresh.sendAll(100);
            ReadBack read =
                    ReadBack.of(broker.kafka(), records, partitions)
                            .requireAll(survivor)
                            .requireAll(fresh);
            long ordersEnd = ORDERS.stream().mapToLong(read::end).sum();
            assertThat(readAsGroup(broker, "billing", "classic", ordersEnd - 60))
                    .as("from its committed offsets")
                    .isEqualTo(ordersEnd - 60);
            assertThat(readAsGroup(broker, "new-one", "consumer", ordersEnd)).isEqualTo(ordersEnd);
        }
    }

    /// Reads until the ends as a member of a group, and commits.
    private static long readAsGroup(BrokerNode broker, String group, String protocol, long wanted) {
        long read = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
                ReadBack.consumer(
                        broker.kafka(),
                        Map.of(
                                "group.id",
                                group,
                                "group.protocol",
                                protocol,
                                "auto.offset.reset",
                                "earliest"))) {
            consumer.subscribe(List.of("orders"));
            long deadlineNs = System.nanoTime() + GROUP_LIMIT.toNanos();
            while (read < wanted && System.nanoTime() < deadlineNs) {
                read += consumer.poll(Duration.ofMillis(200)).count();
            }
            read += consumer.poll(Duration.ofMillis(200)).count();
            consumer.commitSync();
        }
        return read;
    }

    private void requireOldBrokerRefuses(Path oldData, String bucketUrl) throws Exception {
        try (BrokerNode old =
                node("old")
                        .with("log.dirs", oldData.toString())
                        .with("archive.bucket", bucketUrl)) {
            Ended ended = old.startRefused();

            assertThat(ended.exitCode()).as(ended.err()).isEqualTo(2);
            assertThat(ended.said()).as(ended.err()).hasSize(1);
            assertThat(ended.said().getFirst())
                    .contains("generation is over")
                    .contains("generation 2")
                    .contains("log.dirs=" + oldData);
            assertThat(oldData.resolve("varve.properties")).exists();
        }
    }

    @Test
    void aRestoreThatIsKilledAnywhereIsRunAgainAndEndsTheSame() throws Exception {
        SeededRecords records = SeededRecords.of(100, 2_000);
        try (BrokerNode broker = node("cluster").start()) {
            createTopics(broker);
            try (SeededProducer producer = new SeededProducer(broker.kafka(), 0, records, ORDERS)) {
                producer.sendAll(300);
                Cluster.flush(broker);
                broker.kill();
                Path untouched = folder.resolve("untouched");
                Folders.copyAll(broker.bucket(), untouched);
                JsonNode wanted = recoverHere("file://" + untouched).get("topics");

                Path lastRestored = untouched;
                for (int objects = 1; objects <= KILL_POINTS; objects += 2) {
                    Path copy = folder.resolve("copy-" + objects);
                    Folders.copyAll(broker.bucket(), copy);
                    killedAfter(objects, copy);

                    JsonNode run = recoverHere("file://" + copy);

                    assertThat(run.get("topics")).as("killed after " + objects).isEqualTo(wanted);
                    assertThat(run.get("generation").asInt()).isEqualTo(2);
                    assertThat(run.get("lost")).isEmpty();
                    lastRestored = copy;
                }
                Folders.deleteAll(broker.data());
                broker.with("archive.bucket", "file://" + lastRestored).start();
                ReadBack.of(broker.kafka(), records, ORDERS).requireAll(producer);
            }
        }
    }

    /// Starts a restore, and kills it as soon as it put so many objects.
    private void killedAfter(int objects, Path bucket) throws Exception {
        int before = objects(bucket);
        Path out = Files.createTempFile(folder, "out-", ".txt");
        Process process =
                Program.start(
                        Program.command(recoverRun("file://" + bucket)),
                        out.toFile(),
                        folder.resolve("killed.log").toFile());
        Awaitility.await()
                .atMost(KILL_POINT_LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> objects(bucket) >= before + objects || !process.isAlive());
        Program.kill(process);
        int put = objects(bucket) - before;
        System.out.printf("restore killed: objects put=%d, exit=%d%n", put, process.exitValue());
        assertThat(put).isGreaterThanOrEqualTo(objects);
        if (objects == 1) {
            assertThat(process.exitValue()).as("killed in the middle").isEqualTo(KILLED);
        }
    }

    private static int objects(Path bucket) throws IOException {
        return Folders.files(bucket, "(?!.*/\\.tmp/).*").size();
    }
}
