// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.Map;

/// Broker configs that were altered while the cluster runs: they win over the file. Immutable.
///
/// @param own of this broker
/// @param cluster of all brokers; a broker's own wins
public record DynamicDefaults(Map<String, String> own, Map<String, String> cluster) {
    /// Nothing was altered.
    public static final DynamicDefaults NONE = new DynamicDefaults(Map.of(), Map.of());

    public DynamicDefaults {
        own = Map.copyOf(own);
        cluster = Map.copyOf(cluster);
    }
}
