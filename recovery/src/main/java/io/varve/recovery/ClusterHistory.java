// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.BucketSurvey.ShardSurvey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// All shards of a generation, as the bucket tells them. Owner: the planner's thread.
///
/// @param metadata of the metadata shard; empty when nothing of it can be read
record ClusterHistory(List<ShardHistory> shards, MetadataFold metadata) {
    /// @param findings told what is wrong with the shards
    static ClusterHistory read(
            ObjectStore store, Lineage lineage, List<ShardSurvey> surveys, List<Finding> findings)
            throws ObjectStoreException {
        List<ShardHistory> shards = new ArrayList<>();
        for (ShardSurvey survey : surveys) {
            shards.add(
                    new ShardReader(store, lineage.identity().clusterId(), survey, findings)
                            .read());
        }
        MetadataFold metadata =
                shards.stream()
                        .map(ShardHistory::metadata)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElseGet(MetadataFold::empty);
        return new ClusterHistory(shards, metadata);
    }

    /// The topics that the shards and the metadata give together.
    ///
    /// @param findings told what does not fit
    TopicAssembly assemble(ObjectStore store, Lineage lineage, List<Finding> findings)
            throws ObjectStoreException {
        Set<PartitionId> gone = new HashSet<>();
        shards.forEach(shard -> shard.gone().forEach(left -> gone.add(left.id())));
        TopicAssembly assembly =
                new TopicAssembly(store, lineage, metadata.image(), gone, findings);
        assembly.assemble(shards);
        return assembly;
    }
}
