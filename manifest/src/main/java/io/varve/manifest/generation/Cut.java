// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a generation starts: put once, if absent, when everything it needs is in the bucket. The
/// first put decides, also against a withdrawal. Immutable.
///
/// @param shards for each shard of the older generation: where its journal was closed, and the
///   shard of the new generation whose first checkpoint (index 0) carries its partitions on
/// @param partitions for each restored partition: which manifest version of which generation, its
///   end, its first epoch
/// @param firstProducerId no lower producer id is given out
/// @param withdrawn when not null: this generation never starts, and why
/// @param loweredOffsets group offsets that lay behind a restored end
public record Cut(
        int generation,
        int fromGeneration,
        String createdBy,
        long createdAtMs,
        List<ShardCut> shards,
        List<PartitionCut> partitions,
        long firstProducerId,
        List<LoweredOffset> loweredOffsets,
        @Nullable String withdrawn) {

    /// One shard's end.
    public record ShardCut(ShardId from, long endIndex, ShardId to) {}

    /// One partition's end. `offsetGap` offsets are left unused behind it.
    public record PartitionCut(
            PartitionId id,
            String topicName,
            int manifestGeneration,
            long manifestVersion,
            long logStart,
            long endOffset,
            int firstEpoch,
            long offsetGap) {}

    /// A committed group offset that pointed behind the restored end.
    public record LoweredOffset(
            String group, String topicName, int partition, long from, long to) {}

    public Cut {
        shards = List.copyOf(shards);
        partitions = List.copyOf(partitions);
        loweredOffsets = List.copyOf(loweredOffsets);
    }
}
