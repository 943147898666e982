// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.TopicPolicy;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.broker.shard.LocalRetention;
import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.util.Optional;
import org.apache.kafka.image.TopicImage;

/// How much of each topic stays on local disk, and whether the disk is too full for that.
/// Thread-safe.
///
/// @param lowWatermark share of the disk from which everything below the floor goes
record TopicLocalRetention(
        ClusterMetadata metadata, TopicPolicies topics, FileStore disk, double lowWatermark)
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
        try {
            double used = 1.0 - (double) disk.getUsableSpace() / disk.getTotalSpace();
            return used > lowWatermark;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot ask how full the disk is", e);
        }
    }
}
