// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.junit.jupiter.api.Test;

class TopicConfigsTest {
    @Test
    void defaultsComeFromTheBroker() throws Exception {
        TopicPolicy policy =
                configs(Map.of("log.retention.hours", "2", "message.max.bytes", "2000"))
                        .policy(Map.of(), DynamicDefaults.NONE);

        assertThat(policy.retentionMs()).hasValue(7_200_000);
        assertThat(policy.localRetentionMs()).as("cut to the whole retention").hasValue(7_200_000);
        assertThat(policy.retentionBytes()).isEmpty();
        assertThat(policy.localRetentionBytes()).isEmpty();
        assertThat(policy.segmentBytes()).isEqualTo(128 << 20);
        assertThat(policy.maxMessageBytes()).isEqualTo(2_000);
        assertThat(policy.timestampType()).isEqualTo(TimestampType.CREATE_TIME);
        assertThat(policy.compression()).isEmpty();
        assertThat(policy.delete()).isTrue();
        assertThat(policy.compact()).isFalse();
        assertThat(policy.archivePaused()).isFalse();
    }

    @Test
    void dayIsTheDefaultOfLocalRetention() throws Exception {
        assertThat(configs(Map.of()).policy(Map.of(), DynamicDefaults.NONE).localRetentionMs())
                .hasValue(86_400_000);
        assertThat(
                        configs(Map.of())
                                .policy(
                                        Map.of("local.retention.ms", "-2", "retention.ms", "-1"),
                                        DynamicDefaults.NONE)
                                .localRetentionMs())
                .isEmpty();
    }

    @Test
    void theTopicWinsOverAlteredBrokersAndThoseOverTheFile() throws Exception {
        TopicConfigs configs = configs(Map.of("log.retention.ms", "1000"));
        DynamicDefaults altered = new DynamicDefaults(Map.of(), Map.of("log.retention.ms", "2000"));
        DynamicDefaults own =
                new DynamicDefaults(Map.of("log.retention.ms", "3000"), altered.cluster());

        assertThat(configs.policy(Map.of(), DynamicDefaults.NONE).retentionMs()).hasValue(1_000);
        assertThat(configs.policy(Map.of(), altered).retentionMs()).hasValue(2_000);
        assertThat(configs.policy(Map.of(), own).retentionMs()).hasValue(3_000);
        assertThat(configs.policy(Map.of("retention.ms", "4000"), own).retentionMs())
                .hasValue(4_000);
    }

    @Test
    void refusalsSayWhatIsAllowed() throws Exception {
        assertRefused(Map.of("retention.mss", "1"), "nearest=retention.ms");
        assertRefused(
                Map.of("retention.ms", "x"), "key=retention.ms, value=x, allowed=whole number");
        assertRefused(Map.of("unclean.leader.election.enable", "true"), "allowed=false");
        assertRefused(Map.of("remote.storage.enable", "false"), "allowed=true");
        assertRefused(Map.of("max.message.bytes", "8388609"), "message.max.bytes.limit=8388608");
        assertRefused(
                Map.of("local.retention.ms", "10", "retention.ms", "5"),
                "allowed=at most retention.ms=5");
        assertRefused(
                Map.of("local.retention.bytes", "-1", "retention.bytes", "5"), "retention.bytes=5");
        assertRefused(
                Map.of("min.compaction.lag.ms", "10", "max.compaction.lag.ms", "5"), "compaction");
        assertRefused(Map.of("cleanup.policy", "shred"), "cleanup.policy");
    }

    @Test
    void whatKafkasToolsSetIsAccepted() throws Exception {
        TopicConfigs configs = configs(Map.of());
        for (Map<String, String> overrides :
                List.of(
                        Map.of("cleanup.policy", "compact,delete", "segment.bytes", "52428800"),
                        Map.of(
                                "segment.ms",
                                "600000",
                                "segment.index.bytes",
                                "1048576",
                                "min.cleanable.dirty.ratio",
                                "0.01"),
                        Map.of(
                                "remote.storage.enable",
                                "true",
                                "unclean.leader.election.enable",
                                "false"),
                        Map.of("segment.bytes", "1073741824", "flush.messages", "1"),
                        Map.of(
                                "compression.type",
                                "zstd",
                                "message.timestamp.type",
                                "LogAppendTime"),
                        Map.of("archive.paused", "true"))) {
            assertThat(configs.check(overrides, DynamicDefaults.NONE)).isEqualTo(ApiError.NONE);
            configs.policy(overrides, DynamicDefaults.NONE);
        }
        assertThat(
                        configs.policy(Map.of("segment.bytes", "1073741824"), DynamicDefaults.NONE)
                                .segmentBytes())
                .isEqualTo(TopicConfigs.SEGMENT_BYTES_MAX);
    }

    @Test
    void aliasesStoreTheCanonicalNameAndAreListedAsSynonyms() throws Exception {
        assertThat(TopicConfigs.canonicalName("retention.local.target.ms"))
                .hasValue("local.retention.ms");
        assertThat(TopicConfigs.canonicalName("remote.log.copy.disable"))
                .hasValue("archive.paused");
        assertThat(TopicConfigs.canonicalName("retention.ms")).hasValue("retention.ms");
        assertThat(TopicConfigs.canonicalName("no.such")).isEmpty();

        ConfigDescription local =
                configs(Map.of())
                        .describe(Map.of("local.retention.ms", "5"), DynamicDefaults.NONE)
                        .stream()
                        .filter(description -> description.name().equals("local.retention.ms"))
                        .findFirst()
                        .orElseThrow();
        assertThat(local.value()).isEqualTo("5");
        assertThat(local.source()).isEqualTo(ConfigSource.TOPIC_CONFIG);
        assertThat(local.synonyms())
                .containsExactly(
                        new ConfigDescription.Synonym(
                                "local.retention.ms", "5", ConfigSource.TOPIC_CONFIG),
                        new ConfigDescription.Synonym(
                                "retention.local.target.ms", "5", ConfigSource.TOPIC_CONFIG),
                        new ConfigDescription.Synonym(
                                "log.local.retention.ms", "86400000", ConfigSource.DEFAULT_CONFIG));
    }

    @Test
    void brokerConfigsTellWhatCanBeAlteredAndHideSecrets() throws Exception {
        BrokerConfigs configs = new BrokerConfigs(config(Map.of("ssl.key.password", "hunter2")));
        DynamicDefaults dynamic = new DynamicDefaults(Map.of("log.retention.ms", "9"), Map.of());

        assertThat(configs.check(dynamic)).isEqualTo(ApiError.NONE);
        assertThat(
                        configs.check(
                                        new DynamicDefaults(
                                                Map.of("log.retention.ms", "x"), Map.of()))
                                .error())
                .isEqualTo(Errors.INVALID_CONFIG);
        assertThat(configs.check(new DynamicDefaults(Map.of("node.id", "3"), Map.of())).error())
                .isEqualTo(Errors.INVALID_REQUEST);
        assertThat(configs.describe(dynamic))
                .anySatisfy(description -> {
                    assertThat(description.name()).isEqualTo("log.retention.ms");
                    assertThat(description.source()).isEqualTo(ConfigSource.DYNAMIC_BROKER_CONFIG);
                    assertThat(description.readOnly()).isFalse();
                });
        assertThat(configs.describe(dynamic))
                .anySatisfy(description -> {
                    assertThat(description.name()).isEqualTo("ssl.key.password");
                    assertThat(description.sensitive()).isTrue();
                    assertThat(description.value()).isNull();
                });
        assertThat(configs.describe(dynamic).toString()).doesNotContain("hunter2");
    }

    private static void assertRefused(Map<String, String> overrides, String said) throws Exception {
        ApiError error = configs(Map.of()).check(overrides, DynamicDefaults.NONE);
        assertThat(error.error()).as(overrides.toString()).isEqualTo(Errors.INVALID_CONFIG);
        assertThat(error.message()).contains(said);
    }

    private static TopicConfigs configs(Map<String, String> broker) throws Exception {
        return new TopicConfigs(config(broker));
    }

    private static BrokerConfig config(Map<String, String> broker) throws Exception {
        Map<String, String> all =
                new HashMap<>(Map.of("node.id", "1", "log.dirs", "/d", "archive.bucket", "mem:"));
        all.putAll(broker);
        return BrokerConfigTest.load(all, null, Map.of(), List.of());
    }
}
