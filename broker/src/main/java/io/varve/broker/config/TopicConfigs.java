// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/// Topic configs: which names and values are allowed, and what they come to over the broker's
/// defaults.
///
/// Overrides are what is stored with a topic: texts by canonical name. A value is taken from the
/// topic, else from the broker configs that were altered, else from the broker's file, else it is
/// the key's default. Immutable.
public final class TopicConfigs {
    /// A segment object is one PUT.
    static final long SEGMENT_BYTES_MAX = 512L << 20;

    private static final long INHERIT = -2;
    private static final long UNLIMITED = -1;

    private final ConfigValues broker;
    private final int maxMessageBytesLimit;

    public TopicConfigs(BrokerConfig config) {
        broker = config.values();
        maxMessageBytesLimit = config.topics().maxMessageBytesLimit();
    }

    /// The stored name of a topic config, for any name under which it is accepted.
    public static Optional<String> canonicalName(String name) {
        return TopicKeys.find(name).map(BrokerKey::name);
    }

    /// Whether a config is a list (APPEND and SUBTRACT are allowed).
    public static boolean isList(String canonicalName) {
        return TopicKeys.find(canonicalName)
                .map(key -> key.type() == ConfigDef.Type.LIST)
                .orElse(false);
    }

    /// A key's own default as text; empty when it has none.
    public static Optional<String> ownDefault(String canonicalName) {
        return TopicKeys.find(canonicalName).flatMap(BrokerKey::defaultText);
    }

    /// The broker keys that may be altered while the broker runs: those that topics take defaults
    /// from.
    public static Set<String> dynamicBrokerKeys() {
        Set<String> names = new TreeSet<>();
        TopicKeys.all()
                .keySet()
                .forEach(topicKey ->
                        TopicKeys.defaultsFrom(topicKey)
                                .forEach(synonym -> names.add(synonym.name())));
        names.remove(BrokerKeys.ARCHIVE_SEGMENT_BYTES);
        return names;
    }

    /// Whether a topic may have these overrides: [ApiError#NONE], or INVALID_CONFIG with what is
    /// wrong and what is allowed.
    public ApiError check(Map<String, String> overrides, DynamicDefaults dynamic) {
        for (Map.Entry<String, String> override : overrides.entrySet()) {
            Optional<BrokerKey> key = TopicKeys.find(override.getKey());
            if (key.isEmpty()) {
                return invalid(
                        "unknown topic config: key="
                                + override.getKey()
                                + ", nearest="
                                + NearestName.to(override.getKey(), TopicKeys.names()).orElse(""));
            }
            ApiError bad = checkValue(key.get(), override.getValue());
            if (bad.isFailure()) {
                return bad;
            }
        }
        try {
            LogConfig.validateValues(
                    LogConfig.configDefCopy().parse(kafkaValues(overrides, dynamic)));
        } catch (InvalidConfigurationException | ConfigException e) {
            return invalid(String.valueOf(e.getMessage()));
        }
        return checkLocalRetention(overrides, dynamic);
    }

    private ApiError checkValue(BrokerKey key, String text) {
        Object value;
        try {
            value = key.parse(text);
        } catch (ConfigException e) {
            return invalid(
                    "bad value: key="
                            + key.name()
                            + ", value="
                            + text
                            + ", allowed="
                            + key.allowed());
        }
        String only =
                switch (key.name()) {
                    case TopicKeys.REMOTE_STORAGE -> "true";
                    case TopicKeys.UNCLEAN_ELECTION, TopicKeys.DELETE_ON_DISABLE -> "false";
                    default -> "";
                };
        if (!only.isEmpty() && !only.equals(String.valueOf(value))) {
            return invalid(
                    "bad value: key="
                            + key.name()
                            + ", value="
                            + text
                            + ", allowed="
                            + only
                            + ", why="
                            + key.documentation());
        }
        if (key.name().equals(TopicKeys.MAX_MESSAGE_BYTES)
                && value instanceof Number number
                && number.longValue() > maxMessageBytesLimit) {
            return invalid(
                    "bad value: key="
                            + key.name()
                            + ", value="
                            + text
                            + ", allowed=at most "
                            + BrokerKeys.MAX_BYTES_LIMIT
                            + "="
                            + maxMessageBytesLimit);
        }
        return ApiError.NONE;
    }

    private ApiError checkLocalRetention(Map<String, String> overrides, DynamicDefaults dynamic) {
        ApiError time =
                checkLocal(
                        TopicKeys.LOCAL_RETENTION_MS, TopicKeys.RETENTION_MS, overrides, dynamic);
        return time.isFailure()
                ? time
                : checkLocal(
                        TopicKeys.LOCAL_RETENTION_BYTES,
                        TopicKeys.RETENTION_BYTES,
                        overrides,
                        dynamic);
    }

    /// Kafka's rule; but a local retention that only comes from the broker is cut to the topic's
    /// retention in silence.
    private ApiError checkLocal(
            String localKey,
            String totalKey,
            Map<String, String> overrides,
            DynamicDefaults dynamic) {
        if (!overrides.containsKey(localKey)) {
            return ApiError.NONE;
        }
        long local = number(localKey, overrides, dynamic);
        long total = number(totalKey, overrides, dynamic);
        boolean more = local == UNLIMITED || (local != INHERIT && local > total);
        return total != UNLIMITED && more
                ? invalid(
                        "bad value: key="
                                + localKey
                                + ", value="
                                + local
                                + ", allowed=at most "
                                + totalKey
                                + "="
                                + total
                                + ", or -2 for the same")
                : ApiError.NONE;
    }

    /// What these overrides come to. They must have passed [#check].
    public TopicPolicy policy(Map<String, String> overrides, DynamicDefaults dynamic) {
        LogConfig kafka = logConfig(overrides, dynamic);
        OptionalLong retentionMs = limit(kafka.retentionMs);
        OptionalLong retentionBytes = limit(kafka.retentionSize);
        return new TopicPolicy(
                retentionMs,
                retentionBytes,
                local(number(TopicKeys.LOCAL_RETENTION_MS, overrides, dynamic), retentionMs),
                local(number(TopicKeys.LOCAL_RETENTION_BYTES, overrides, dynamic), retentionBytes),
                Math.min(SEGMENT_BYTES_MAX, number(TopicKeys.SEGMENT_BYTES, overrides, dynamic)),
                kafka.maxMessageSize(),
                kafka.messageTimestampType,
                kafka.messageTimestampBeforeMaxMs,
                kafka.messageTimestampAfterMaxMs,
                kafka.compression,
                kafka.compact,
                kafka.delete,
                kafka.deleteRetentionMs,
                kafka.compactionLagMs,
                kafka.maxCompactionLagMs,
                kafka.minInSyncReplicas,
                Boolean.parseBoolean(effective(TopicKeys.ARCHIVE_PAUSED, overrides, dynamic)));
    }

    /// The same in the form that Kafka's classes take.
    public LogConfig logConfig(Map<String, String> overrides, DynamicDefaults dynamic) {
        return new LogConfig(kafkaValues(overrides, dynamic), Set.copyOf(overrides.keySet()));
    }

    /// Every config of a topic, by name.
    public List<ConfigDescription> describe(
            Map<String, String> overrides, DynamicDefaults dynamic) {
        List<ConfigDescription> descriptions = new ArrayList<>();
        for (BrokerKey key : TopicKeys.all().values()) {
            List<ConfigDescription.Synonym> synonyms = synonyms(key, overrides, dynamic);
            ConfigDescription.Synonym first = synonyms.getFirst();
            boolean fixed =
                    key.name().equals(TopicKeys.REMOTE_STORAGE)
                            || key.name().equals(TopicKeys.UNCLEAN_ELECTION)
                            || key.name().equals(TopicKeys.DELETE_ON_DISABLE);
            descriptions.add(
                    new ConfigDescription(
                            key.name(),
                            first.value(),
                            first.source(),
                            BrokerConfigs.type(key.type()),
                            false,
                            fixed,
                            key.documentation(),
                            withAliases(key, synonyms)));
        }
        return descriptions;
    }

    private static List<ConfigDescription.Synonym> withAliases(
            BrokerKey key, List<ConfigDescription.Synonym> synonyms) {
        ConfigDescription.Synonym first = synonyms.getFirst();
        List<ConfigDescription.Synonym> all = new ArrayList<>(synonyms);
        int place = 1;
        for (String alias : key.aliases()) {
            all.add(place++, new ConfigDescription.Synonym(alias, first.value(), first.source()));
        }
        return all;
    }

    /// All that has a value, strongest first; the last is the default.
    private List<ConfigDescription.Synonym> synonyms(
            BrokerKey key, Map<String, String> overrides, DynamicDefaults dynamic) {
        List<ConfigDescription.Synonym> found = new ArrayList<>();
        String override = overrides.get(key.name());
        if (override != null) {
            found.add(
                    new ConfigDescription.Synonym(key.name(), override, ConfigSource.TOPIC_CONFIG));
        }
        for (ConfigSynonym from : TopicKeys.defaultsFrom(key.name())) {
            addDynamic(found, from, dynamic.own(), ConfigSource.DYNAMIC_BROKER_CONFIG);
            addDynamic(found, from, dynamic.cluster(), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
            ConfigValues.Value fixed = broker.get(from.name());
            if (fixed.given() && fixed.value() != null) {
                found.add(
                        new ConfigDescription.Synonym(
                                from.name(),
                                from.converter().apply(fixed.shown()),
                                ConfigSource.STATIC_BROKER_CONFIG));
            }
        }
        found.add(defaultOf(key));
        return found;
    }

    private static void addDynamic(
            List<ConfigDescription.Synonym> found,
            ConfigSynonym from,
            Map<String, String> values,
            ConfigSource source) {
        String value = values.get(from.name());
        if (value != null) {
            found.add(
                    new ConfigDescription.Synonym(
                            from.name(), from.converter().apply(value), source));
        }
    }

    private ConfigDescription.Synonym defaultOf(BrokerKey key) {
        List<ConfigSynonym> from = TopicKeys.defaultsFrom(key.name());
        if (from.isEmpty()) {
            return new ConfigDescription.Synonym(
                    key.name(), key.defaultText().orElse(null), ConfigSource.DEFAULT_CONFIG);
        }
        BrokerKey first = broker.get(from.getFirst().name()).key();
        return new ConfigDescription.Synonym(
                first.name(),
                first.defaultText().or(key::defaultText).orElse(null),
                ConfigSource.DEFAULT_CONFIG);
    }

    private @Nullable String effective(
            String key, Map<String, String> overrides, DynamicDefaults dynamic) {
        BrokerKey known = TopicKeys.find(key).orElseThrow();
        return synonyms(known, overrides, dynamic).getFirst().value();
    }

    private long number(String key, Map<String, String> overrides, DynamicDefaults dynamic) {
        String text = effective(key, overrides, dynamic);
        return text == null ? UNLIMITED : Long.parseLong(text.strip());
    }

    /// What Kafka's LogConfig is told: its own keys, without those that our rules replace.
    private Map<String, String> kafkaValues(
            Map<String, String> overrides, DynamicDefaults dynamic) {
        Map<String, String> values = new HashMap<>();
        for (BrokerKey key : TopicKeys.all().values()) {
            boolean ours =
                    switch (key.name()) {
                        case TopicKeys.ARCHIVE_PAUSED,
                                TopicKeys.REMOTE_STORAGE,
                                TopicKeys.DELETE_ON_DISABLE,
                                TopicKeys.LOCAL_RETENTION_MS,
                                TopicKeys.LOCAL_RETENTION_BYTES ->
                                true;
                        case TopicKeys.SEGMENT_BYTES -> !overrides.containsKey(key.name());
                        default -> false;
                    };
            String value = ours ? null : effective(key.name(), overrides, dynamic);
            if (value != null) {
                values.put(key.name(), value);
            }
        }
        return values;
    }

    private static OptionalLong limit(long value) {
        return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static OptionalLong local(long value, OptionalLong total) {
        if (value == INHERIT) {
            return total;
        }
        if (value < 0) {
            return total;
        }
        return OptionalLong.of(total.isPresent() ? Math.min(value, total.getAsLong()) : value);
    }

    private static ApiError invalid(String message) {
        return new ApiError(Errors.INVALID_CONFIG, message);
    }

    /// Adds what is wrong with the defaults that the broker's file gives to topics.
    static void checkDefaults(BrokerConfig config, List<String> problems) {
        TopicConfigs configs = new TopicConfigs(config);
        for (BrokerKey key : TopicKeys.all().values()) {
            for (ConfigSynonym from : TopicKeys.defaultsFrom(key.name())) {
                ConfigValues.Value value = config.values().get(from.name());
                if (value.given() && !from.name().equals(BrokerKeys.ARCHIVE_SEGMENT_BYTES)) {
                    ApiError error = configs.checkValue(key, from.converter().apply(value.shown()));
                    if (error.isFailure()) {
                        problems.add(
                                error.message()
                                        + ", from="
                                        + value.writtenAs()
                                        + ", where="
                                        + value.origin().describe());
                    }
                }
            }
        }
        ApiError together =
                problems.isEmpty() ? configs.check(Map.of(), DynamicDefaults.NONE) : ApiError.NONE;
        if (together.isFailure()) {
            problems.add(together.messageWithFallback());
        }
    }
}
