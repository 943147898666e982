// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.CommandOutcome;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.manifest.PartitionId;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/// Data shards that all run in this process. Thread-safe.
public final class LocalDataShards implements DataShards {
    private final SortedMap<Integer, Shard> shards;

    /// @param shards by number, without shard 0; at least one
    public LocalDataShards(Map<Integer, Shard> shards) {
        if (shards.isEmpty() || shards.containsKey(0)) {
            throw new IllegalArgumentException("bad data shards: shards=" + shards.keySet());
        }
        this.shards = Collections.unmodifiableSortedMap(new TreeMap<>(shards));
    }

    @Override
    public SortedSet<Integer> shards() {
        return new java.util.TreeSet<>(shards.keySet());
    }

    @Override
    public boolean allKnown() {
        return shards.values().stream()
                .allMatch(shard -> shard.leadership().readyTerm().isPresent());
    }

    @Override
    public Map<PartitionId, String> open(int shard) {
        Shard known = shards.get(shard);
        Map<PartitionId, String> open = new HashMap<>();
        if (known != null) {
            for (PartitionView partition : known.partitions()) {
                open.put(partition.id(), partition.topicRecord());
            }
        }
        return open;
    }

    @Override
    public CompletableFuture<CommandOutcome> submit(int shard, ShardCommand command) {
        Shard known = shards.get(shard);
        return known == null
                ? CompletableFuture.completedFuture(
                        new CommandOutcome.Refused(
                                Errors.NOT_LEADER_OR_FOLLOWER,
                                "no such shard here: shard=" + shard))
                : known.submit(command);
    }
}
