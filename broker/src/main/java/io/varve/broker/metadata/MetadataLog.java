// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.shard.AppendOutcome;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/// Where the controller writes: `__cluster_metadata` in shard 0. Thread-safe.
public interface MetadataLog {
    /// Makes the partition exist, as the leader of this term.
    ///
    /// @return completes with whether it exists now; never fails
    CompletableFuture<Boolean> ensureOpen(long term);

    /// Appends one batch, whole or not at all, and only while this broker leads in `term`.
    ///
    /// @return completes when the batch is applied, or with why not; never fails.
    ///   NOT_LEADER_OR_FOLLOWER and REQUEST_TIMED_OUT leave open whether it will be applied
    CompletableFuture<AppendOutcome> append(ByteBuffer batch, long term);
}
