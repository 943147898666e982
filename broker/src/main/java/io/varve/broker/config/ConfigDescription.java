// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.List;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.jspecify.annotations.Nullable;

/// One config as DescribeConfigs tells it. Immutable.
///
/// @param value null when it is secret or has none
/// @param readOnly cannot be altered while the broker runs
/// @param synonyms what the value would be taken from, strongest first; aliases of a set value
///   stand among them with its source
public record ConfigDescription(
        String name,
        @Nullable String value,
        ConfigSource source,
        ConfigType type,
        boolean sensitive,
        boolean readOnly,
        String documentation,
        List<Synonym> synonyms) {
    public ConfigDescription {
        synonyms = List.copyOf(synonyms);
    }

    /// Another name, and what it says.
    public record Synonym(String name, @Nullable String value, ConfigSource source) {}
}
