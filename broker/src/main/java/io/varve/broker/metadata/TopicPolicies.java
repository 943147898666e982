// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.TopicConfigs;
import io.varve.broker.config.TopicPolicy;
import io.varve.broker.shard.AppendRules;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.image.ConfigurationsImage;
import org.apache.kafka.image.MetadataImage;

/// Every topic's resolved policy, worked out once per change of any config. Thread-safe; for hot
/// paths.
public final class TopicPolicies {
    /// What is known for one state of the configs.
    private record Known(
            ConfigurationsImage configs,
            Map<String, TopicPolicy> policies,
            Map<String, AppendRules> rules) {}

    private final ClusterMetadata metadata;
    private final TopicConfigs configs;
    private final int nodeId;
    private volatile Known known =
            new Known(
                    ConfigurationsImage.EMPTY,
                    new ConcurrentHashMap<>(),
                    new ConcurrentHashMap<>());

    public TopicPolicies(ClusterMetadata metadata, TopicConfigs configs, int nodeId) {
        this.metadata = metadata;
        this.configs = configs;
        this.nodeId = nodeId;
    }

    /// What a topic's configs come to; the broker's defaults for one that does not exist.
    public TopicPolicy policy(String topic) {
        MetadataImage image = metadata.image();
        return current(image).policies().computeIfAbsent(topic, name -> resolve(image, name));
    }

    /// What a topic's configs ask of a batch.
    public AppendRules rules(String topic) {
        MetadataImage image = metadata.image();
        return current(image).rules().computeIfAbsent(topic, name -> rules(policy(name)));
    }

    @SuppressWarnings(
            "ReferenceEquality") // an image that shares its configs shares the very object
    private Known current(MetadataImage image) {
        Known now = known;
        if (now.configs() != image.configs()) {
            now = new Known(image.configs(), new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
            known = now;
        }
        return now;
    }

    private TopicPolicy resolve(MetadataImage image, String topic) {
        return configs.policy(
                ClusterMetadata.topicConfigs(image, topic),
                ClusterMetadata.dynamicDefaults(image, nodeId));
    }

    private AppendRules rules(TopicPolicy policy) {
        return new AppendRules(
                policy.maxMessageBytes(),
                policy.timestampType(),
                policy.timestampBeforeMaxMs(),
                policy.timestampAfterMaxMs(),
                policy.compression().orElse(null),
                policy.compact(),
                policy.minInsyncReplicas());
    }
}
