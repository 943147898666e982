// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.shard.Shard;
import io.varve.manifest.metadata.ShardTable;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.image.MetadataImage;

/// What this broker knows of its cluster. Thread-safe; no method blocks.
public interface ClusterView {
    int nodeId();

    String clusterId();

    /// The newest applied metadata.
    MetadataImage image();

    /// The data shards, as of [#image()].
    ShardTable shards();

    /// Who leads the metadata shard, if anybody is known to.
    OptionalInt controllerId();

    /// The shard of this number, if it has a replica on this broker.
    Optional<Shard> shard(int number);
}
