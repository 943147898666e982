// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A topic that somebody asks for, as Kafka's CreateTopics puts it. Immutable.
///
/// @param partitions -1: the broker's default
/// @param replicationFactor -1: the broker's default
/// @param assignments replicas by partition; empty: the controller places them
/// @param configs texts by name or alias
public record NewTopic(
        String name,
        int partitions,
        short replicationFactor,
        Map<Integer, List<Integer>> assignments,
        Map<String, String> configs) {
    public NewTopic {
        assignments = java.util.Collections.unmodifiableMap(new TreeMap<>(assignments));
        configs = Map.copyOf(configs);
    }

    /// With the broker's defaults for everything.
    public static NewTopic ofDefaults(String name) {
        return new NewTopic(name, -1, (short) -1, Map.of(), Map.of());
    }
}
