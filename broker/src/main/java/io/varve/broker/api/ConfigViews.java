// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.config.BrokerConfigs;
import io.varve.broker.config.ConfigDescription;
import io.varve.broker.config.TopicConfigs;
import io.varve.broker.metadata.ClusterMetadata;
import java.util.List;

/// Configs as they are now. Thread-safe; does not block.
public interface ConfigViews {
    /// All configs of a topic that exists.
    List<ConfigDescription> topic(String name);

    /// All configs of this broker.
    List<ConfigDescription> broker();

    /// From what the cluster's metadata say over the broker's file.
    static ConfigViews of(
            ClusterMetadata metadata, TopicConfigs topics, BrokerConfigs broker, int nodeId) {
        return new ConfigViews() {
            @Override
            public List<ConfigDescription> topic(String name) {
                return topics.describe(
                        metadata.topicConfigs(name), metadata.dynamicDefaults(nodeId));
            }

            @Override
            public List<ConfigDescription> broker() {
                return broker.describe(metadata.dynamicDefaults(nodeId));
            }
        };
    }
}
