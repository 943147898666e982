// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.checkpoint;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.WrongIdentityException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.PutOnce;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Checkpoints in the bucket: put once, read back, found by a listing. Keeps nothing. Thread-safe.
public final class CheckpointStore {
    private CheckpointStore() {}

    /// A checkpoint that is damaged: its key and what is wrong.
    public record Damaged(String key, CorruptObjectException error) {}

    /// The newest checkpoint that can be read, and newer ones that cannot (a caller that goes on
    /// reports them).
    public record Usable(Optional<ShardCheckpoint> checkpoint, List<Damaged> skipped) {
        public Usable {
            skipped = List.copyOf(skipped);
        }
    }

    /// Puts a checkpoint, if absent, and reads it back whole before it returns: only then may
    /// anything rest on it.
    ///
    /// @return `Theirs` when another leader has put one of this index: take that one
    /// @throws CorruptObjectException what came back is not what was put
    public static PutOnce<ShardCheckpoint> put(ObjectStore store, ShardCheckpoint checkpoint)
            throws ObjectStoreException {
        String key = BucketKeys.checkpoint(checkpoint.shard(), checkpoint.endIndex());
        byte[] bytes = CheckpointCodec.encode(checkpoint);
        return switch (WholeObjects.putOnce(store, key, bytes)) {
            case PutOnce.Ours<byte[]> ours -> {
                if (!Arrays.equals(WholeObjects.read(store, key), bytes)) {
                    throw new CorruptObjectException("checkpoint came back changed: object=" + key);
                }
                yield new PutOnce.Ours<>(checkpoint);
            }
            case PutOnce.Theirs<byte[]> theirs ->
                    new PutOnce.Theirs<>(
                            decode(theirs.value(), key, checkpoint.shard(), checkpoint.endIndex()));
        };
    }

    /// Reads one checkpoint.
    ///
    /// @throws ObjectStoreException.NotFound there is none of this index
    /// @throws CorruptObjectException it is damaged, or another one than its key says
    public static ShardCheckpoint read(ObjectStore store, ShardId shard, long index)
            throws ObjectStoreException {
        String key = BucketKeys.checkpoint(shard, index);
        return decode(WholeObjects.read(store, key), key, shard, index);
    }

    private static ShardCheckpoint decode(byte[] bytes, String key, ShardId shard, long index) {
        ShardCheckpoint checkpoint = CheckpointCodec.decode(ByteBuffer.wrap(bytes), key);
        if (!checkpoint.shard().equals(shard) || checkpoint.endIndex() != index) {
            throw new WrongIdentityException(
                    "checkpoint is another one than its key says: object="
                            + key
                            + ", shard="
                            + checkpoint.shard()
                            + ", index="
                            + checkpoint.endIndex());
        }
        return checkpoint;
    }

    /// The indexes of all checkpoints of a shard, oldest first: by a listing, for failover and
    /// restore only.
    public static List<Long> indexes(ObjectStore store, ShardId shard) throws ObjectStoreException {
        List<Long> indexes = new ArrayList<>();
        for (ObjectInfo object : WholeObjects.list(store, BucketKeys.checkpointPrefix(shard))) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Checkpoint checkpoint) {
                indexes.add(checkpoint.index());
            }
        }
        return indexes;
    }

    /// The newest checkpoint; empty when there is none at all.
    ///
    /// @throws CorruptObjectException the newest one is damaged
    public static Optional<ShardCheckpoint> newest(ObjectStore store, ShardId shard)
            throws ObjectStoreException {
        List<Long> indexes = indexes(store, shard);
        return indexes.isEmpty()
                ? Optional.empty()
                : Optional.of(read(store, shard, indexes.getLast()));
    }

    /// The newest checkpoint at or below `endIndex` that can be read. Later format versions are not
    /// skipped: they are not damaged, and an older checkpoint in their place would be the wrong
    /// answer.
    ///
    /// @throws VersionTooNewException a newer varve wrote one that would be used
    public static Usable newestUsable(ObjectStore store, ShardId shard, long endIndex)
            throws ObjectStoreException {
        List<Damaged> skipped = new ArrayList<>();
        for (long index : indexes(store, shard).reversed()) {
            if (index > endIndex) {
                continue;
            }
            try {
                return new Usable(Optional.of(read(store, shard, index)), skipped);
            } catch (CorruptObjectException e) {
                skipped.add(new Damaged(BucketKeys.checkpoint(shard, index), e));
            }
        }
        return new Usable(Optional.empty(), skipped);
    }
}
