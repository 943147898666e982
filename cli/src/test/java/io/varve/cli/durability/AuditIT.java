// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `varve audit` on the bucket of a real broker: nothing is found while it writes, when it is
/// stopped, and after a restore; and one object that is gone, changed or strange is named.
class AuditIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int AUDITS_WHILE_IT_WRITES = 12;
    private static final List<String> LEVELS = List.of("names", "indexes", "bytes");
    private static final List<TopicPartition> ORDERS =
            List.of(
                    new TopicPartition("orders", 0),
                    new TopicPartition("orders", 1),
                    new TopicPartition("orders", 2));

    @TempDir Path folder;

    @Test
    void aHealthyBucketHasNoFindingsAndEachDamageIsNamed() throws Exception {
        SeededRecords records = SeededRecords.of(2_000, 4_000);
        try (BrokerNode broker = node().start()) {
            Cluster.createTopic(
                    broker.kafka(), "orders", ORDERS.size(), Map.of("retention.ms", "86400000"));
            Cluster.createTopic(broker.kafka(), "passing", 2);
            try (SeededProducer producer = new SeededProducer(broker.kafka(), 0, records, ORDERS)) {
                producer.start(60);
                auditWhileItWrites(broker);
                deleteTopic(broker, "passing");
                Awaitility.await("a floor").atMost(LIMIT).until(() -> floorIndex(broker) > 0);
                auditWhileItWrites(broker);
                producer.stop();
            }
            Cluster.flush(broker);
            broker.stop();
            isHealthy(broker.bucketUrl());
            damage(broker);

            broker.start();
            isHealthy(broker.bucketUrl());
            broker.kill();
            restoreAndGoOn(broker, records);
        }
    }

    private BrokerNode node() throws IOException {
        return BrokerNode.in(folder.resolve("cluster"))
                .with("archive.interval.ms", "50")
                .with("archive.segment.age.ms", "1000")
                .with("log.file.bytes", "1048576");
    }

    private static void deleteTopic(BrokerNode broker, String topic) throws Exception {
        var _ =
                Cluster.json(
                        "topic",
                        "delete",
                        topic,
                        "--yes",
                        "--bootstrap",
                        broker.kafka(),
                        "-o",
                        "json");
    }

    private static long floorIndex(BrokerNode broker) throws Exception {
        return Cluster.json("archive", "status", "--bootstrap", broker.kafka(), "-o", "json")
                .get("shards")
                .get(1)
                .get("floorIndex")
                .asLong();
    }

    private static void auditWhileItWrites(BrokerNode broker) throws Exception {
        for (int i = 0; i < AUDITS_WHILE_IT_WRITES; i++) {
            isHealthy(audit(broker.bucketUrl(), LEVELS.get(i % LEVELS.size())));
        }
    }

    private static void isHealthy(String bucketUrl) throws Exception {
        for (String level : LEVELS) {
            isHealthy(audit(bucketUrl, level));
        }
    }

    private static void isHealthy(Audited audited) {
        assertThat(audited.report().get("findings")).as("%s", audited.report()).isEmpty();
        assertThat(audited.exitCode()).isZero();
        assertThat(audited.report().get("objects").asLong()).isGreaterThan(4);
    }

    private record Audited(int exitCode, JsonNode report) {}

    private static Audited audit(String bucketUrl, String level) throws IOException {
        Run run = Run.of("audit", "--bucket", bucketUrl, "--level", level, "-o", "json");
        assertThat(run.exitCode()).as(run.err()).isLessThan(2);
        assertJsonShape("audit", run.out());
        return new Audited(run.exitCode(), new ObjectMapper().readTree(run.out()));
    }

    /// On copies, with plain file operations.
    private void damage(BrokerNode broker) throws Exception {
        Path gone = copy(broker, "gone");
        Path segment = newest(gone, ".*/topics/orders/.*/segments/.*");
        Files.delete(segment);
        isNamed(gone, "names", segment, "missing-object");

        Path flipped = copy(broker, "flipped");
        Path changed = newest(flipped, ".*/topics/orders/.*/segments/.*");
        byte[] bytes = Files.readAllBytes(changed);
        bytes[bytes.length / 3] ^= 8;
        Files.write(changed, bytes);
        isNamed(flipped, "bytes", changed, "crc-mismatch");
        isHealthy(audit(url(flipped), "indexes"));

        Path stray = copy(broker, "stray");
        Path strange = Files.write(stray.resolve("topics/orders/holiday.jpg"), new byte[] {1, 2});
        isNamed(stray, "names", strange, "foreign-object");

        Path hole = copy(broker, "hole");
        Path journal = oldestBehindTheCheckpoint(hole);
        Files.delete(journal);
        isNamed(hole, "indexes", journal, "journal-hole");
    }

    private Path copy(BrokerNode broker, String name) throws IOException {
        Path copy = folder.resolve(name);
        Folders.copyAll(broker.bucket(), copy);
        return copy;
    }

    private static String url(Path bucket) {
        return "file://" + bucket;
    }

    private static Path newest(Path bucket, String pattern) throws IOException {
        List<Path> objects = Folders.files(bucket, pattern);
        assertThat(objects).as(pattern).isNotEmpty();
        return objects.getLast();
    }

    /// The first of the journals that follow on the newest checkpoint, and that has one behind it.
    private static Path oldestBehindTheCheckpoint(Path bucket) throws IOException {
        String shard = ".*/shards/1/1-0/";
        String index = newest(bucket, shard + "checkpoint/.*").getFileName().toString();
        List<Path> behind =
                Folders.files(bucket, shard + "journal/.*").stream()
                        .filter(path -> path.getFileName().toString().compareTo(index) >= 0)
                        .sorted()
                        .toList();
        assertThat(behind).hasSizeGreaterThan(1);
        return behind.getFirst();
    }

    private static void isNamed(Path bucket, String level, Path object, String kind)
            throws IOException {
        String key = bucket.relativize(object).toString();
        Audited audited = audit(url(bucket), level);
        assertThat(audited.exitCode()).isEqualTo(1);
        TreeSet<String> keys = new TreeSet<>();
        TreeSet<String> kinds = new TreeSet<>();
        audited.report()
                .get("findings")
                .forEach(finding -> {
                    keys.add(finding.get("key").asText());
                    kinds.add(finding.get("kind").asText());
                });
        assertThat(keys).as("%s", audited.report()).containsExactly(key);
        assertThat(kinds).contains(kind);
    }

    private void restoreAndGoOn(BrokerNode broker, SeededRecords records) throws Exception {
        Files.move(broker.data(), folder.resolve("old-data"));
        Run run =
                Run.of(
                        "recover",
                        "run",
                        "--cluster",
                        "--yes",
                        "--force",
                        "--bucket",
                        broker.bucketUrl());
        assertThat(run.exitCode()).as(run.err()).isZero();
        isHealthy(broker.bucketUrl());

        broker.start();
        try (SeededProducer producer = new SeededProducer(broker.kafka(), 1, records, ORDERS)) {
            producer.start(60);
            auditWhileItWrites(broker);
            Awaitility.await("a floor").atMost(LIMIT).until(() -> floorIndex(broker) > 0);
            auditWhileItWrites(broker);
            producer.stop();
        }
        broker.kill();
        isHealthy(broker.bucketUrl());
    }
}
