// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.peers;

import io.varve.broker.config.HostPort;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.metadata.DataShards;
import io.varve.broker.raft.PeerClient;
import io.varve.broker.shard.CommandOutcome;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardRow;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.protocol.Errors;

/// All data shards of the cluster, each asked where its leader is: on this broker, or over the
/// network. Thread-safe; nothing blocks.
public final class ShardLink implements DataShards {
    private static final Duration ASK_LIMIT = Duration.ofSeconds(5);
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);

    private final Map<Integer, Shard> local;
    private final PeerView peers;
    private final PeerClient client;

    /// @param local the data shards that have a replica here, by number; a live view
    public ShardLink(Map<Integer, Shard> local, PeerView peers, PeerClient client) {
        this.local = local;
        this.peers = peers;
        this.client = client;
    }

    @Override
    public SortedSet<Integer> shards() {
        return new TreeSet<>(peers.metadata().shards().rows().keySet());
    }

    @Override
    public CompletableFuture<Map<PartitionId, String>> open(int shard) {
        Shard here = local.get(shard);
        if (here != null && here.leadership() instanceof Leadership.Ready) {
            return CompletableFuture.completedFuture(openIn(here));
        }
        return leader(shard)
                .map(address ->
                        client.ask(
                                        address.toString(),
                                        ShardCalls.OPEN,
                                        ShardCalls.shard(shard),
                                        ASK_LIMIT)
                                .thenApply(ShardCalls::partitions))
                .orElseGet(() -> CompletableFuture.failedFuture(noLeader(shard)));
    }

    static Map<PartitionId, String> openIn(Shard shard) {
        Map<PartitionId, String> open = new HashMap<>();
        for (PartitionView partition : shard.partitions()) {
            open.put(partition.id(), partition.topicRecord());
        }
        return open;
    }

    private static NotLeaderOrFollowerException noLeader(int shard) {
        return new NotLeaderOrFollowerException("nobody is known to lead: shard=" + shard);
    }

    /// The leader's address, unless it is this broker.
    private Optional<HostPort> leader(int shard) {
        Shard here = local.get(shard);
        OptionalInt leader =
                here != null && here.leadership() instanceof Leadership.Elsewhere other
                        ? other.nodeId()
                        : OptionalInt.empty();
        if (leader.isEmpty() && here == null) {
            leader =
                    peers.metadata()
                            .shards()
                            .row(shard)
                            .map(ShardRow::knownLeader)
                            .orElse(OptionalInt.empty());
        }
        return leader.isPresent() && leader.getAsInt() != peers.nodeId()
                ? peers.address(leader.getAsInt())
                : Optional.empty();
    }

    @Override
    public CompletableFuture<CommandOutcome> submit(int shard, ShardCommand command) {
        Shard here = local.get(shard);
        if (here != null && here.leadership() instanceof Leadership.Ready) {
            return here.submit(command);
        }
        return leader(shard)
                .map(address ->
                        client.ask(
                                        address.toString(),
                                        ShardCalls.SUBMIT,
                                        ShardCalls.command(shard, command),
                                        COMMAND_LIMIT)
                                .thenApply(ShardCalls::outcome)
                                .exceptionally(
                                        error -> refused(String.valueOf(error.getMessage()))))
                .orElseGet(() ->
                        CompletableFuture.completedFuture(
                                refused(String.valueOf(noLeader(shard).getMessage()))));
    }

    private static CommandOutcome refused(String message) {
        return new CommandOutcome.Refused(Errors.NOT_LEADER_OR_FOLLOWER, message);
    }
}
