// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.objectstore.BucketSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerConfigTest {
    private static final Map<String, String> NEEDED =
            Map.of("node.id", "1", "log.dirs", "/data", "archive.bucket", "s3://bucket/p");

    @TempDir Path dir;

    @Test
    void defaultsAreThoseOfTheContract() throws Exception {
        BrokerConfig config = load(NEEDED, null, Map.of(), List.of());

        assertThat(config.archive().intervalMs()).isEqualTo(5_000);
        assertThat(config.archive().journalBytes()).isEqualTo(16 << 20);
        assertThat(config.archive().segmentBytes()).isEqualTo(128 << 20);
        assertThat(config.archive().segmentAgeMs()).isEqualTo(3_600_000);
        assertThat(config.archive().deleteGraceMs()).isEqualTo(3_600_000);
        assertThat(config.archive().topicUndeleteMs()).isEqualTo(7L * 86_400_000);
        assertThat(config.archive().retentionCheckMs()).isEqualTo(300_000);
        assertThat(config.archive().orphanScanMs()).isEqualTo(3_600_000);
        assertThat(config.archive().fencingLeaseMs()).isEmpty();
        assertThat(config.archive().rehearseCron()).isEmpty();
        assertThat(config.hotTier().fileBytes()).isEqualTo(64 << 20);
        assertThat(config.hotTier().shards()).isEqualTo(2);
        assertThat(config.hotTier().lowWatermark()).isEqualTo(0.75);
        assertThat(config.hotTier().cacheDir()).isEqualTo(Path.of("/data/cache"));
        assertThat(config.hotTier().cacheBytes()).isEqualTo(OptionalLong.empty());
        assertThat(config.listeners().raft()).isEqualTo(new HostPort("127.0.0.1", 9192));
        assertThat(config.listeners().http()).isEqualTo(new HostPort("127.0.0.1", 9644));
        assertThat(config.listeners().kafka())
                .containsExactly(new Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "", 9092));
        assertThat(config.topics().autoCreate()).isFalse();
        assertThat(config.topics().maxMessageBytesLimit()).isEqualTo(8 << 20);
        assertThat(config.topics().offsetsPartitions()).isEqualTo(50);
    }

    @Test
    void everyProblemIsInOneMessageWithItsPlaceAndWhatIsAllowed() throws IOException {
        Path file =
                write(
                        "varve.properties",
                        """
                        # a comment
                        node.id=one
                        archive.intervall.ms=5000
                        archive.journal.bytes=1
                        log.dirs=/a,/b
                        """);

        InvalidConfigException refused =
                refusal(Map.of(), file, Map.of("VARVE_DISK_LOW_WATERMARK", "2"), List.of());

        assertThat(refused.problems())
                .containsExactlyInAnyOrder(
                        "bad value: key=node.id, value=one, where="
                                + file
                                + ":2, allowed=whole number of at least 0",
                        "unknown key: key=archive.intervall.ms, where="
                                + file
                                + ":3, nearest=archive.interval.ms",
                        "bad value: key=archive.journal.bytes, value=1, where="
                                + file
                                + ":4, allowed=whole number from 65536 to 536870912 (bytes)",
                        "bad value: key=disk.low.watermark, value=2, where=$VARVE_DISK_LOW_WATERMARK,"
                                + " allowed=number above 0 and below 1",
                        "missing value: key=archive.bucket, allowed=text, meaning=URL of the bucket: file:///dir,"
                                + " s3://bucket/prefix, azure://container/prefix, gs://bucket/prefix.",
                        "bad value: key=log.dirs, value=/a,/b, where="
                                + file
                                + ":5, allowed=one directory: all shards of a broker share a disk");
        assertThat(refused)
                .hasMessageContaining("nearest=archive.interval.ms")
                .hasMessageContaining("key=node.id");
    }

    @Test
    void strongerSourcesWinForEveryCombinationOfSources() throws Exception {
        long seed = Long.getLong("sim.seed", 7L);
        Random random = new Random(seed);
        for (int round = 0; round < 64; round++) {
            Map<String, String> profile = new HashMap<>(NEEDED);
            StringBuilder file = new StringBuilder();
            Map<String, String> environment = new HashMap<>();
            List<Setting> flags = List.of();
            long expected = 5_000;
            ConfigOrigin origin = new ConfigOrigin.Default();
            if (random.nextBoolean()) {
                expected = 1_000;
                profile.put("archive.interval.ms", "1000");
                origin = new ConfigOrigin.Profile("test");
            }
            Path path = dir.resolve("c" + round + ".properties");
            if (random.nextBoolean()) {
                expected = 2_000;
                file.append("archive.interval.ms = 2000\n");
                origin = new ConfigOrigin.FileLine(path.toString(), 1);
            }
            if (random.nextBoolean()) {
                expected = 3_000;
                environment.put("VARVE_ARCHIVE_INTERVAL_MS", "3000");
                origin = new ConfigOrigin.Environment("VARVE_ARCHIVE_INTERVAL_MS");
            }
            if (random.nextBoolean()) {
                expected = 4_000;
                flags =
                        List.of(
                                new Setting(
                                        "archive.interval.ms",
                                        "4000",
                                        new ConfigOrigin.Flag("--interval")));
                origin = new ConfigOrigin.Flag("--interval");
            }
            Files.writeString(path, file);

            BrokerConfig config = load(profile, path, environment, flags);

            assertThat(config.archive().intervalMs())
                    .as("seed=%d, round=%d", seed, round)
                    .isEqualTo(expected);
            assertThat(config.values().get("archive.interval.ms").origin()).isEqualTo(origin);
        }
    }

    @Test
    void yamlSaysTheSameAsProperties() throws Exception {
        Path yaml =
                write(
                        "varve.yaml",
                        """
                        node:
                          id: 3
                        log.dirs: /data
                        archive:
                          bucket: file:///b
                          interval.ms: 1234
                        listeners: [ "PLAINTEXT://:9092", "SSL://:9093" ]
                        """);

        BrokerConfig config = load(Map.of(), yaml, Map.of(), List.of());

        assertThat(config.node().nodeId()).isEqualTo(3);
        assertThat(config.archive().intervalMs()).isEqualTo(1_234);
        assertThat(config.listeners().kafka())
                .extracting(Endpoint::name)
                .containsExactly("PLAINTEXT", "SSL");
        assertThat(config.values().get("archive.interval.ms").origin())
                .isEqualTo(new ConfigOrigin.FileLine(yaml.toString(), 6));
        assertThat(
                        refusal(Map.of(), write("bad.yaml", "a: [1\nb: {"), Map.of(), List.of())
                                .problems()
                                .getFirst())
                .startsWith(
                        "config file is not well-formed: where=" + dir.resolve("bad.yaml") + ":");
    }

    @Test
    void propertiesKeepTheirEscapesAndContinuations() throws Exception {
        List<Setting> settings =
                ConfigFile.properties("f", "a=1\\\n  2\n! note\\\nb\\:c : x\\u0041\n\nd\n");

        assertThat(settings)
                .containsExactly(
                        new Setting("a", "12", new ConfigOrigin.FileLine("f", 1)),
                        new Setting("b:c", "xA", new ConfigOrigin.FileLine("f", 4)),
                        new Setting("d", "", new ConfigOrigin.FileLine("f", 6)));
    }

    @Test
    void redpandaNamesAreAliases() throws Exception {
        Path file =
                write(
                        "rp.yaml",
                        "node_id: 4\ndata_directory: /rp\nlog_retention_ms: 1000\nkafka_batch_max_bytes: 5\n");

        BrokerConfig config = load(Map.of("archive.bucket", "mem:"), file, Map.of(), List.of());

        assertThat(config.node().nodeId()).isEqualTo(4);
        assertThat(config.node().dataDir()).isEqualTo(Path.of("/rp"));
        assertThat(new TopicConfigs(config).policy(Map.of(), DynamicDefaults.NONE).retentionMs())
                .hasValue(1_000);
        assertThat(config.values().describe())
                .anyMatch(line -> line.startsWith("node.id = 4    (" + file + ":1 as node_id)"));
    }

    @Test
    void aKeyAndItsAliasInOneFileAreAContradiction() throws Exception {
        Path file =
                write(
                        "twice.properties",
                        "node.id=1\nbroker.id=2\nlog.dirs=/d\narchive.bucket=mem:\n");

        assertThat(refusal(Map.of(), file, Map.of(), List.of()).problems())
                .containsExactly(
                        "value given twice: key=broker.id, where="
                                + file
                                + ":2, before="
                                + file
                                + ":1 as node.id");
    }

    @Test
    void secretsAreNeverShown() throws Exception {
        Map<String, String> all = new HashMap<>(NEEDED);
        all.put("ssl.keystore.password", "hunter2");
        all.put("object-store.s3.secret-key", "hunter3");
        BrokerConfig config =
                load(all, null, Map.of("VARVE_OBJECT_STORE_S3_ACCESS_KEY", "hunter4"), List.of());

        assertThat(String.join("\n", config.values().describe()) + config).doesNotContain("hunter");
        assertThat(config.archive().bucketSettings().s3())
                .contains(new BucketSettings.S3("hunter4", "hunter3", Optional.empty()));
    }

    @Test
    void everyKeyOfTheBucketCanBeGivenInAFileAndInTheEnvironment() throws Exception {
        Map<String, String> given = new HashMap<>(NEEDED);
        given.put("object-store.storage-class", "STANDARD_IA");
        BrokerConfig config =
                load(
                        given,
                        null,
                        Map.of(
                                "VARVE_OBJECT_STORE_PROXY", "http://proxy:3128",
                                "VARVE_OBJECT_STORE_REQUESTS_PER_SECOND", "50",
                                "VARVE_OBJECT_STORE_PRICE_GB_MONTH", "0.01"),
                        List.of());

        BucketSettings settings = config.archive().bucketSettings();
        assertThat(settings.storageClass()).contains("STANDARD_IA");
        assertThat(settings.proxy().orElseThrow().getPort()).isEqualTo(3128);
        assertThat(settings.rates().requestsPerSecond()).hasValue(50);
        assertThat(settings.prices()).containsEntry("price.gb-month", "0.01");
    }

    @Test
    void anUnknownKeyOfTheBucketNamesTheNearest() {
        Map<String, String> bad = new HashMap<>(NEEDED);
        bad.put("object-store.request-per-second", "50");

        assertThat(refusal(bad, null, Map.of(), List.of()).problems())
                .containsExactly(
                        "unknown key: key=object-store.request-per-second; nearest=object-store.requests-per-second");
    }

    @Test
    void crossChecksNameBothSides() {
        Map<String, String> bad = new HashMap<>(NEEDED);
        bad.put("message.max.bytes", "9000000");
        bad.put("disk.low.watermark", "0.95");
        bad.put("listeners", "PLAINTEXT://:9092,FOO://:1");
        bad.put("advertised.listeners", "SSL://host:1");
        bad.put("unclean.leader.election.enable", "true");
        bad.put("archive.bucket", "s3://key:secret@bucket/x");

        assertThat(refusal(bad, null, Map.of(), List.of()).problems())
                .anyMatch(p ->
                        p.contains("key=message.max.bytes")
                                && p.contains("message.max.bytes.limit=8388608"))
                .anyMatch(p ->
                        p.contains("key=disk.low.watermark")
                                && p.contains("below disk.high.watermark=0.9"))
                .anyMatch(p ->
                        p.contains("key=listeners") && p.contains("listener.security.protocol.map"))
                .anyMatch(p ->
                        p.contains("key=advertised.listeners")
                                && p.contains("names that listeners has"))
                .anyMatch(p ->
                        p.contains("key=archive.bucket")
                                && p.contains("credentials in a bucket URL")
                                && !p.contains("secret@"));
    }

    @Test
    void groupKeysReachKafkasOwnConfig() throws Exception {
        Map<String, String> all = new HashMap<>(NEEDED);
        all.put("group.initial.rebalance.delay.ms", "0");
        all.put("offsets.topic.num.partitions", "4");

        BrokerConfig config = load(all, null, Map.of(), List.of());

        GroupCoordinatorConfig group = new GroupCoordinatorConfig(config.coordinators());
        assertThat(group.classicGroupInitialRebalanceDelayMs()).isZero();
        assertThat(config.topics().offsetsPartitions()).isEqualTo(4);
    }

    @Test
    void aMissingFileIsNamedAndNotEveryKeyThatItWouldHave() {
        Path missing = dir.resolve("none.properties");
        assertThat(refusal(Map.of(), missing, Map.of(), List.of()).problems())
                .singleElement()
                .asString()
                .startsWith("config file cannot be read: file=" + missing);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(dir.resolve(name), text);
    }

    private static InvalidConfigException refusal(
            Map<String, String> profile,
            Path file,
            Map<String, String> environment,
            List<Setting> flags) {
        InvalidConfigException refused =
                catchThrowableOfType(
                        InvalidConfigException.class,
                        () -> load(profile, file, environment, flags));
        assertThat(refused).isNotNull();
        return refused;
    }

    static BrokerConfig load(
            Map<String, String> profile,
            Path file,
            Map<String, String> environment,
            List<Setting> flags)
            throws InvalidConfigException {
        return BrokerConfig.load(new ConfigSources("test", profile, file, environment, flags, 8));
    }
}
