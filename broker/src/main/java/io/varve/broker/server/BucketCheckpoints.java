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
import java.util.function.Consumer;

/// Checkpoints straight from the bucket. Thread-safe; blocks.
///
/// @param loaded told each checkpoint that a shard takes over: the cold tier learns from it which
///   journals there are
record BucketCheckpoints(ObjectStore store, Consumer<ShardCheckpoint> loaded)
        implements CheckpointSource {
    @Override
    public ShardCheckpoint load(ShardId shard, long endIndex) throws IOException {
        try {
            ShardCheckpoint checkpoint = CheckpointStore.read(store, shard, endIndex);
            loaded.accept(checkpoint);
            return checkpoint;
        } catch (CorruptObjectException e) {
            throw damaged(shard, e);
        }
    }

    @Override
    public Optional<ShardCheckpoint> newest(ShardId shard) throws IOException {
        try {
            Optional<ShardCheckpoint> newest = CheckpointStore.newest(store, shard);
            newest.ifPresent(loaded);
            return newest;
        } catch (CorruptObjectException e) {
            throw damaged(shard, e);
        }
    }

    private static IOException damaged(ShardId shard, CorruptObjectException e) {
        return new IOException("checkpoint is damaged: shard=" + shard + ", " + e.getMessage(), e);
    }
}
