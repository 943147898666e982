// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;

/// A running broker's configs as DescribeConfigs and IncrementalAlterConfigs see them. Immutable.
public final class BrokerConfigs {
    private final ConfigValues values;
    private final Set<String> dynamicKeys = TopicConfigs.dynamicBrokerKeys();
    private final TopicConfigs topicConfigs;

    public BrokerConfigs(BrokerConfig config) {
        values = config.values();
        topicConfigs = new TopicConfigs(config);
    }

    /// The stored name of a broker config, for any name under which it is accepted.
    public static Optional<String> canonicalName(String name) {
        return BrokerKeys.find(name).map(BrokerKey::name);
    }

    /// Whether a config is a list (APPEND and SUBTRACT are allowed).
    public static boolean isList(String canonicalName) {
        return BrokerKeys.find(canonicalName)
                .map(key -> key.type() == ConfigDef.Type.LIST)
                .orElse(false);
    }

    /// Whether these values may be set while the broker runs: [ApiError#NONE], or INVALID_CONFIG
    /// (unknown, bad value) or INVALID_REQUEST (needs a restart), as in Kafka.
    public ApiError check(DynamicDefaults dynamic) {
        for (var layer : List.of(dynamic.own(), dynamic.cluster())) {
            for (var entry : layer.entrySet()) {
                ApiError error = checkOne(entry.getKey(), entry.getValue());
                if (error.isFailure()) {
                    return error;
                }
            }
        }
        return topicConfigs.check(java.util.Map.of(), dynamic);
    }

    private ApiError checkOne(String name, String text) {
        Optional<BrokerKey> key = BrokerKeys.find(name);
        if (key.isEmpty()) {
            return new ApiError(
                    Errors.INVALID_CONFIG,
                    "unknown broker config: key="
                            + name
                            + ", nearest="
                            + NearestName.to(name, BrokerKeys.names()).orElse(""));
        }
        if (!dynamicKeys.contains(key.get().name())) {
            return new ApiError(
                    Errors.INVALID_REQUEST,
                    "broker config cannot be altered while the broker runs, change its file: key="
                            + name);
        }
        try {
            key.get().parse(text);
            return ApiError.NONE;
        } catch (ConfigException e) {
            return new ApiError(
                    Errors.INVALID_CONFIG,
                    "bad value: key="
                            + name
                            + ", value="
                            + text
                            + ", allowed="
                            + key.get().allowed());
        }
    }

    /// Every config of the broker, by name. Secrets have no value.
    public List<ConfigDescription> describe(DynamicDefaults dynamic) {
        List<ConfigDescription> descriptions = new ArrayList<>();
        for (ConfigValues.Value value : values.all().values()) {
            BrokerKey key = value.key();
            List<ConfigDescription.Synonym> synonyms = synonyms(value, dynamic);
            ConfigDescription.Synonym first = synonyms.getFirst();
            List<ConfigDescription.Synonym> all = new ArrayList<>(synonyms);
            int place = 1;
            for (String alias : key.aliases()) {
                all.add(
                        place++,
                        new ConfigDescription.Synonym(alias, first.value(), first.source()));
            }
            descriptions.add(
                    new ConfigDescription(
                            key.name(),
                            first.value(),
                            first.source(),
                            type(key.type()),
                            key.sensitive(),
                            !dynamicKeys.contains(key.name()),
                            key.documentation(),
                            all));
        }
        return descriptions;
    }

    private static List<ConfigDescription.Synonym> synonyms(
            ConfigValues.Value value, DynamicDefaults dynamic) {
        BrokerKey key = value.key();
        List<ConfigDescription.Synonym> found = new ArrayList<>();
        Optional.ofNullable(dynamic.own().get(key.name()))
                .map(text ->
                        new ConfigDescription.Synonym(
                                key.name(), text, ConfigSource.DYNAMIC_BROKER_CONFIG))
                .ifPresent(found::add);
        Optional.ofNullable(dynamic.cluster().get(key.name()))
                .map(text ->
                        new ConfigDescription.Synonym(
                                key.name(), text, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG))
                .ifPresent(found::add);
        if (value.given()) {
            found.add(
                    new ConfigDescription.Synonym(
                            key.name(),
                            key.sensitive() ? null : value.shown(),
                            ConfigSource.STATIC_BROKER_CONFIG));
        }
        Optional<String> defaultText = key.defaultText();
        if (defaultText.isPresent() || found.isEmpty()) {
            found.add(
                    new ConfigDescription.Synonym(
                            key.name(),
                            key.sensitive() ? null : defaultText.orElse(null),
                            ConfigSource.DEFAULT_CONFIG));
        }
        return found;
    }

    static ConfigType type(ConfigDef.Type type) {
        return switch (type) {
            case BOOLEAN -> ConfigType.BOOLEAN;
            case STRING -> ConfigType.STRING;
            case INT -> ConfigType.INT;
            case SHORT -> ConfigType.SHORT;
            case LONG -> ConfigType.LONG;
            case DOUBLE -> ConfigType.DOUBLE;
            case LIST -> ConfigType.LIST;
            case CLASS -> ConfigType.CLASS;
            case PASSWORD -> ConfigType.PASSWORD;
        };
    }
}
