// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.TopicPolicy;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.broker.shard.LocalRetention;
import io.varve.manifest.PartitionId;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.kafka.image.TopicImage;

/// How much of each topic stays on local disk, and whether the disk is too full for that.
/// Thread-safe.
///
/// @param pressure whether everything below the floor should go
record TopicLocalRetention(ClusterMetadata metadata, TopicPolicies topics, BooleanSupplier pressure)
        implements LocalRetention {
    @Override
    public Policy of(PartitionId partition) {
        Optional<TopicImage> topic = metadata.topic(partition.topicId());
        if (topic.isEmpty()) {
            return Policy.KEEP;
        }
        TopicPolicy policy = topics.policy(topic.get().name());
        return new Policy(policy.localRetentionMs(), policy.localRetentionBytes());
    }

    @Override
    public boolean underPressure() {
        return pressure.getAsBoolean();
    }
}
