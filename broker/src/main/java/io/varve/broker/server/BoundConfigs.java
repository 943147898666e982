// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.api.ConfigViews;
import io.varve.broker.config.ConfigDescription;
import java.util.List;
import java.util.Map;

/// Configs as they are now, with the addresses that were really bound where the configuration left
/// a port open: commands find the HTTP side so. Thread-safe.
///
/// @param bound value by config name
record BoundConfigs(ConfigViews configs, Map<String, String> bound) implements ConfigViews {
    BoundConfigs {
        bound = Map.copyOf(bound);
    }

    @Override
    public List<ConfigDescription> topic(String name) {
        return configs.topic(name);
    }

    @Override
    public List<ConfigDescription> broker() {
        return configs.broker().stream().map(this::withAddress).toList();
    }

    private ConfigDescription withAddress(ConfigDescription config) {
        String address = bound.get(config.name());
        return address == null
                ? config
                : new ConfigDescription(
                        config.name(),
                        address,
                        config.source(),
                        config.type(),
                        config.sensitive(),
                        config.readOnly(),
                        config.documentation(),
                        config.synonyms());
    }
}
