// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.shard.CheckpointSource;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.objectstore.ObjectStore;
import java.io.IOException;
import java.util.Optional;

/// Checkpoints straight from the bucket. Thread-safe; blocks.
record BucketCheckpoints(ObjectStore store) implements CheckpointSource {
    @Override
    public ShardCheckpoint load(ShardId shard, long endIndex) throws IOException {
        try {
            return CheckpointStore.read(store, shard, endIndex);
        } catch (CorruptObjectException e) {
            throw damaged(shard, e);
        }
    }

    @Override
    public Optional<ShardCheckpoint> newest(ShardId shard) throws IOException {
        try {
            return CheckpointStore.newest(store, shard);
        } catch (CorruptObjectException e) {
            throw damaged(shard, e);
        }
    }

    private static IOException damaged(ShardId shard, CorruptObjectException e) {
        return new IOException("checkpoint is damaged: shard=" + shard + ", " + e.getMessage(), e);
    }
}
