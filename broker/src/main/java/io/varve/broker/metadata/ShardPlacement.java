// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;

/// Spreads partitions over data shards: each goes to the shard that carries the fewest, the lowest
/// number among equals. Owner: one plan.
final class ShardPlacement {
    private final SortedMap<Integer, Integer> partitionsByShard = new TreeMap<>();

    ShardPlacement(MetadataImage image, SortedSet<Integer> shards) {
        shards.forEach(shard -> partitionsByShard.put(shard, 0));
        for (TopicImage topic : image.topics().topicsById().values()) {
            for (PartitionRegistration partition : topic.partitions().values()) {
                ClusterMetadata.shardOf(partition)
                        .ifPresent(shard ->
                                partitionsByShard.computeIfPresent(shard, (s, count) -> count + 1));
            }
        }
    }

    /// The shard of one more partition.
    int next() {
        int best = partitionsByShard.firstKey();
        for (var entry : partitionsByShard.entrySet()) {
            if (entry.getValue() < partitionsByShard.getOrDefault(best, 0)) {
                best = entry.getKey();
            }
        }
        partitionsByShard.merge(best, 1, Integer::sum);
        return best;
    }
}
