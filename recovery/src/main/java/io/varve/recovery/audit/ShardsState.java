// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/// What all shards of the current generation say. Immutable.
final class ShardsState {
    private final List<ShardState> shards;
    private final Map<PartitionId, ShardState> owners = new HashMap<>();
    private final Set<PartitionId> closed = new HashSet<>();
    private final Set<Uuid> topics = new HashSet<>();

    ShardsState(Collection<ShardState> shards) {
        this.shards = List.copyOf(shards);
        for (ShardState shard : this.shards) {
            shard.partitions().keySet().forEach(id -> owners.put(id, shard));
            closed.addAll(shard.closed());
        }
        owners.keySet().forEach(id -> topics.add(id.topicId()));
        closed.forEach(id -> topics.add(id.topicId()));
    }

    List<ShardState> shards() {
        return shards;
    }

    /// The shard that a partition is on.
    Optional<ShardState> owner(PartitionId id) {
        return Optional.ofNullable(owners.get(id));
    }

    Optional<ShardState.Known> known(PartitionId id) {
        return owner(id).map(shard -> shard.partitions().get(id));
    }

    /// Whether a partition left for good.
    boolean isClosed(PartitionId id) {
        return closed.contains(id);
    }

    /// Whether every partition that there is would be known.
    boolean isComplete() {
        return shards.stream().allMatch(shard -> shard.suspect() == null);
    }

    /// Whether any partition of a topic is open, or was.
    boolean knowsTopic(Uuid topicId) {
        return topics.contains(topicId);
    }

    /// All partitions that are open.
    Set<PartitionId> open() {
        return owners.keySet();
    }
}
