// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.hold;

import io.varve.manifest.ShardId;
import io.varve.manifest.key.BucketKeys;
import java.util.ArrayList;
import java.util.List;

/// A tick that is kept: a consistent cut over all shards to which a restore can go back. Immutable.
///
/// @param timeMs the leader's time of the tick, for people
/// @param generation the one it belongs to
public record RestorePoint(
        String name,
        long tick,
        long timeMs,
        int generation,
        List<ShardPoint> shards,
        List<NamedManifest> partitions) {
    /// One shard at the tick.
    ///
    /// @param endIndex its state is that after every entry below
    /// @param checkpointIndex the checkpoint to start from
    /// @param journals keys of the journals that are needed behind it and above archived ends
    public record ShardPoint(
            ShardId shard, long endIndex, long checkpointIndex, List<String> journals) {
        public ShardPoint {
            journals = List.copyOf(journals);
        }
    }

    public RestorePoint {
        shards = List.copyOf(shards);
        partitions = List.copyOf(partitions);
    }

    /// The key of the marker.
    public String key() {
        return BucketKeys.restorePoint(tick, name);
    }

    /// What it keeps.
    public Marker asMarker() {
        List<String> keys = new ArrayList<>();
        for (ShardPoint point : shards) {
            keys.add(BucketKeys.checkpoint(point.shard(), point.checkpointIndex()));
            keys.addAll(point.journals());
        }
        return new Marker(key(), keys, partitions);
    }
}
