// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.ArchivePolicies;
import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.TopicPolicy;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.manifest.PartitionId;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.image.TopicImage;

/// What topics' configurations ask of the archiver. A topic that is not in the metadata (any more)
/// keeps everything: its objects go by its deletion, never by retention. Thread-safe.
record TopicArchivePolicies(
        ClusterMetadata metadata, TopicPolicies topics, BrokerConfig.Archive defaults)
        implements ArchivePolicies {
    @Override
    public Policy of(PartitionId partition) {
        Optional<TopicImage> topic = metadata.topic(partition.topicId());
        if (topic.isEmpty()) {
            return new Policy(
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    defaults.segmentBytes(),
                    defaults.segmentAgeMs(),
                    false,
                    false);
        }
        TopicPolicy policy = topics.policy(topic.get().name());
        return new Policy(
                policy.retentionMs(),
                policy.retentionBytes(),
                policy.segmentBytes(),
                defaults.segmentAgeMs(),
                policy.archivePaused(),
                policy.delete());
    }
}
