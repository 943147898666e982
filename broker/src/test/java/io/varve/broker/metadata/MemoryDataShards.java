// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.CommandOutcome;
import io.varve.manifest.PartitionId;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/// Data shards in memory. They refuse everything while `down`, and the next `refusals` commands.
final class MemoryDataShards implements DataShards {
    final Map<Integer, Map<PartitionId, String>> open = new TreeMap<>();
    final Map<PartitionId, ShardCommand.OpenRestored> restored = new TreeMap<>();
    boolean down;
    boolean known = true;
    int refusals;
    int commands;

    MemoryDataShards(int count) {
        for (int shard = 1; shard <= count; shard++) {
            open.put(shard, new TreeMap<>());
        }
    }

    @Override
    public SortedSet<Integer> shards() {
        return new TreeSet<>(open.keySet());
    }

    @Override
    public synchronized CompletableFuture<Map<PartitionId, String>> open(int shard) {
        return known
                ? CompletableFuture.completedFuture(openIn(shard))
                : CompletableFuture.failedFuture(
                        new IllegalStateException("nobody leads: shard=" + shard));
    }

    synchronized Map<PartitionId, String> openIn(int shard) {
        return Map.copyOf(open.get(shard));
    }

    @Override
    public synchronized CompletableFuture<CommandOutcome> submit(int shard, ShardCommand command) {
        if (down || refusals > 0) {
            refusals = Math.max(0, refusals - 1);
            return CompletableFuture.completedFuture(
                    new CommandOutcome.Refused(Errors.NOT_LEADER_OR_FOLLOWER, "down"));
        }
        commands++;
        Map<PartitionId, String> partitions = open.get(shard);
        switch (command) {
            case ShardCommand.OpenPartition c ->
                    partitions.putIfAbsent(c.id(), c.topicRecordJson());
            case ShardCommand.OpenRestored c -> {
                if (partitions.putIfAbsent(c.id(), c.topicRecordJson()) == null) {
                    restored.put(c.id(), c);
                }
            }
            case ShardCommand.ChangeTopic c -> partitions.replace(c.id(), c.topicRecordJson());
            case ShardCommand.ClosePartition c -> partitions.remove(c.id());
            default -> throw new AssertionError("unexpected command: " + command);
        }
        return CompletableFuture.completedFuture(new CommandOutcome.Applied(commands));
    }
}
