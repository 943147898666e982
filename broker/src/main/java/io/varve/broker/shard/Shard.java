// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.ShardCommand;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// One Raft group on this broker: many partitions that share a log, a leader and their flushes.
/// Thread-safe; no method blocks.
public interface Shard {
    ShardId id();

    Leadership leadership();

    /// Whether this broker may vouch for what it has applied: it is a ready leader that heard a
    /// majority within the election time-out. Behind it stand ListOffsets(latest), OffsetFetch and
    /// OFFSET_OUT_OF_RANGE.
    boolean leadsForSure();

    /// Whether this broker leads and has not heard a majority for the election time-out, as it
    /// found when it looked last: whatever it does now may be for nothing. Quick.
    boolean cutOff();

    /// Hands batches to the shard's writer. Refused at once, with a retriable error, when its queue
    /// is full.
    AppendTicket append(AppendRequest request);

    /// Puts a command into the shard's log. The future never fails, and completes on threads that
    /// must not be blocked.
    CompletableFuture<CommandOutcome> submit(ShardCommand command);

    /// A partition that is open here.
    Optional<PartitionView> partition(PartitionId id);

    /// All partitions that are open here, by id.
    Collection<PartitionView> partitions();

    /// Hears everything from now on; told the current leadership first, on the writer thread.
    void addListener(ShardListener listener);

    void removeListener(ShardListener listener);
}
