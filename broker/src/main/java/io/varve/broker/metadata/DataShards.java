// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.CommandOutcome;
import io.varve.manifest.PartitionId;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;

/// The shards that carry topics' partitions (numbers from 1), as the controller sees them.
/// Thread-safe; nothing blocks.
public interface DataShards {
    /// All data shards, whoever leads them.
    SortedSet<Integer> shards();

    /// The partitions that are open in a shard, with their topic records, as the leader of the
    /// shard has applied them: a partition's absence means that it is not open. Fails while nobody
    /// can say that.
    CompletableFuture<Map<PartitionId, String>> open(int shard);

    /// Puts a command into a shard's log. Never fails.
    CompletableFuture<CommandOutcome> submit(int shard, ShardCommand command);
}
