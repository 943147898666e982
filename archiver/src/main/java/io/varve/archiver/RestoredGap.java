// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.partition.Gap;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Offsets that a restore left unused on purpose, behind a partition's restored end: the only hole
/// in front of the hot tier that is not damage. The generation's cut tells them; it is read once.
/// Owner: the segmenter.
final class RestoredGap {
    private final ObjectStore store;
    private final ShardId shard;
    private @Nullable Cut cut;

    RestoredGap(ObjectStore store, ShardId shard) {
        this.store = store;
        this.shard = shard;
    }

    /// The gap that begins at an offset, cut off at `endLimit`; empty when nothing was left out
    /// there.
    Optional<Gap> at(PartitionId partition, long offset, long endLimit)
            throws ObjectStoreException {
        if (shard.generation() == 1) {
            return Optional.empty();
        }
        Cut known = cut;
        if (known == null) {
            known = ClusterFiles.cut(store, shard.generation()).orElse(null);
            cut = known;
        }
        if (known == null) {
            return Optional.empty();
        }
        return known.partitions().stream()
                .filter(part -> part.id().equals(partition) && part.offsetGap() > 0)
                .filter(part ->
                        part.endOffset() <= offset && offset < part.endOffset() + part.offsetGap())
                .map(part ->
                        new Gap(
                                offset,
                                Math.min(endLimit, part.endOffset() + part.offsetGap()),
                                Gap.Reason.LOST))
                .findFirst();
    }
}
