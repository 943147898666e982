// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/// Every key that a topic can have: Kafka's, with Varve's own beside them. Immutable.
final class TopicKeys {
    static final String ARCHIVE_PAUSED = "archive.paused";
    static final String REMOTE_STORAGE = "remote.storage.enable";
    static final String UNCLEAN_ELECTION = "unclean.leader.election.enable";
    static final String DELETE_ON_DISABLE = "remote.log.delete.on.disable";
    static final String SEGMENT_BYTES = "segment.bytes";
    static final String MAX_MESSAGE_BYTES = "max.message.bytes";
    static final String LOCAL_RETENTION_MS = "local.retention.ms";
    static final String LOCAL_RETENTION_BYTES = "local.retention.bytes";
    static final String RETENTION_MS = "retention.ms";
    static final String RETENTION_BYTES = "retention.bytes";

    /// Names that Kafka has and we take as aliases of our own keys.
    private static final List<String> REPLACED = List.of("remote.log.copy.disable");

    private static final SortedMap<String, BrokerKey> KEYS = keys();
    private static final Map<String, String> CANONICAL = canonicalNames();
    private static final Map<String, List<ConfigSynonym>> DEFAULTS_FROM = defaultsFrom();

    private TopicKeys() {}

    /// All keys by canonical name.
    static SortedMap<String, BrokerKey> all() {
        return KEYS;
    }

    /// The key of a name or alias.
    static Optional<BrokerKey> find(String nameOrAlias) {
        return Optional.ofNullable(KEYS.get(CANONICAL.getOrDefault(nameOrAlias, nameOrAlias)));
    }

    /// Every accepted name, aliases included.
    static List<String> names() {
        List<String> names = new ArrayList<>(KEYS.keySet());
        names.addAll(CANONICAL.keySet());
        return names;
    }

    /// The broker keys that give a topic key its default, the first one set wins; each with what
    /// turns its unit into the topic key's.
    static List<ConfigSynonym> defaultsFrom(String topicKey) {
        return DEFAULTS_FROM.getOrDefault(topicKey, List.of());
    }

    private static SortedMap<String, BrokerKey> keys() {
        SortedMap<String, BrokerKey> keys = new TreeMap<>();
        for (ConfigDef.ConfigKey key : LogConfig.configDefCopy().configKeys().values()) {
            if (!key.internalConfig && !REPLACED.contains(key.name)) {
                keys.put(key.name, ofKafka(key));
            }
        }
        keys.put(
                ARCHIVE_PAUSED,
                new BrokerKey(
                        ARCHIVE_PAUSED,
                        ConfigDef.Type.BOOLEAN,
                        false,
                        null,
                        "",
                        false,
                        RedpandaNames.TOPIC.getOrDefault(ARCHIVE_PAUSED, List.of()),
                        "While true, no segment objects are written for the topic. Journals go on: nothing is lost in a"
                                + " disaster, and no gap comes of it."));
        return Collections.unmodifiableSortedMap(keys);
    }

    private static BrokerKey ofKafka(ConfigDef.ConfigKey key) {
        Object defaultValue = key.name.equals(REMOTE_STORAGE) ? true : key.defaultValue;
        return new BrokerKey(
                key.name,
                key.type,
                defaultValue,
                key.validator,
                Units.of(key.name),
                false,
                RedpandaNames.TOPIC.getOrDefault(key.name, List.of()),
                documentation(key));
    }

    private static String documentation(ConfigDef.ConfigKey key) {
        return switch (key.name) {
            case REMOTE_STORAGE -> "Always true: every topic is archived.";
            case UNCLEAN_ELECTION ->
                    "Always false: a leader that lacks acknowledged records is never elected.";
            case DELETE_ON_DISABLE ->
                    "Always false: archiving cannot be switched off, only paused.";
            case SEGMENT_BYTES ->
                    "Bytes that are collected before a segment object is written to the bucket.";
            case "segment.ms",
                    "segment.jitter.ms",
                    "segment.index.bytes",
                    "index.interval.bytes",
                    "flush.messages",
                    "flush.ms",
                    "file.delete.delay.ms",
                    "preallocate",
                    "min.cleanable.dirty.ratio",
                    "leader.replication.throttled.replicas",
                    "follower.replication.throttled.replicas" ->
                    "Accepted for Kafka's tools, without effect: a topic has no files of its own here, and every"
                            + " acknowledged record is flushed.";
            default -> key.documentation;
        };
    }

    private static Map<String, String> canonicalNames() {
        Map<String, String> names = new HashMap<>();
        KEYS.values().forEach(key -> key.aliases().forEach(alias -> names.put(alias, key.name())));
        return Map.copyOf(names);
    }

    private static Map<String, List<ConfigSynonym>> defaultsFrom() {
        Map<String, List<ConfigSynonym>> from = new HashMap<>();
        ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.forEach((topicKey, synonyms) -> {
            if (KEYS.containsKey(topicKey)) {
                from.put(topicKey, List.copyOf(synonyms));
            }
        });
        from.put(SEGMENT_BYTES, List.of(new ConfigSynonym(BrokerKeys.ARCHIVE_SEGMENT_BYTES)));
        return Map.copyOf(from);
    }
}
