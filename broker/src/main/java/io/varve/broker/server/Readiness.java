// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.shard.Leadership;
import io.varve.manifest.ShardId;
import io.varve.manifest.metadata.ShardRow;

/// When a broker that starts may be sent clients: the controller lists it, and every shard that it
/// carries has a leader. Thread-safe.
record Readiness(
        int nodeId, ClusterMembership membership, ClusterMetadata metadata, ShardSet shards) {
    boolean reached() {
        if (!membership.serving() || !hasLeader(ShardId.METADATA_SHARD)) {
            return false;
        }
        for (ShardRow row : metadata.shards().rows().values()) {
            if (row.replica(nodeId).isPresent() && !hasLeader(row.number())) {
                return false;
            }
        }
        return true;
    }

    private boolean hasLeader(int number) {
        return shards.shard(number)
                .map(shard ->
                        switch (shard.leadership()) {
                            case Leadership.Ready _ -> true;
                            case Leadership.NotReady _ -> false;
                            case Leadership.Elsewhere other -> other.nodeId().isPresent();
                        })
                .orElse(false);
    }
}
