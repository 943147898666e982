// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.api.ClusterView;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.Shard;
import io.varve.manifest.metadata.ShardTable;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.image.MetadataImage;

/// This broker's cluster, as its request handlers see it. Thread-safe.
record NodeCluster(int nodeId, String clusterId, ClusterMetadata metadata, ShardSet here)
        implements ClusterView {
    @Override
    public MetadataImage image() {
        return metadata.image();
    }

    @Override
    public ShardTable shards() {
        return metadata.shards();
    }

    @Override
    public OptionalInt controllerId() {
        return switch (here.metadata().shard().leadership()) {
            case Leadership.Ready _ -> OptionalInt.of(nodeId);
            case Leadership.NotReady _ -> OptionalInt.empty();
            case Leadership.Elsewhere other -> other.nodeId();
        };
    }

    @Override
    public Optional<Shard> shard(int number) {
        return here.shard(number);
    }
}
