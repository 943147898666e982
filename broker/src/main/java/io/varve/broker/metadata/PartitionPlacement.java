// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.manifest.PartitionId;
import java.util.List;

/// Where a partition is, as the metadata says. Immutable.
///
/// @param shard number of the data shard that carries it
/// @param leader node id of the broker that leads, or -1 when none does (as in Kafka's image)
public record PartitionPlacement(
        PartitionId id,
        String topicName,
        int shard,
        int leader,
        int leaderEpoch,
        List<Integer> replicas) {
    public PartitionPlacement {
        replicas = List.copyOf(replicas);
    }
}
