// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.util.Optional;

/// Where a shard's checkpoints come from: the bucket, or what the archiver has just put there.
/// Calls block.
public interface CheckpointSource {
    /// The checkpoint at this end, whole.
    ///
    /// @throws IOException it is not there, cannot be read, or is damaged
    ShardCheckpoint load(ShardId shard, long endIndex) throws IOException;

    /// The newest checkpoint, for a replica that starts empty or fell behind.
    Optional<ShardCheckpoint> newest(ShardId shard) throws IOException;
}
