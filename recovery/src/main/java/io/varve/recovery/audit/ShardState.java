// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectInfo;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a shard's newest checkpoint says, and the journals behind it as far as they were opened.
/// Immutable, but for the ranges, which nobody changes any more.
///
/// @param endIndex end of the last journal that was folded, or of the checkpoint
/// @param suspect key of an object that is missing or damaged, so that this is not all; null when
///   it is
/// @param closed partitions that left for good
/// @param doomed by the checkpoint, by key
/// @param doomedJournals of those, what is still there
record ShardState(
        ShardId shard,
        long endIndex,
        @Nullable String suspect,
        Map<PartitionId, Known> partitions,
        Set<PartitionId> closed,
        Map<String, DoomedObject> doomed,
        List<ObjectInfo> doomedJournals) {
    /// A partition as its shard knows it.
    ///
    /// @param inCheckpoint whether the checkpoint has it, not only a journal
    /// @param journaled what journals hold that are needed or follow on the checkpoint
    record Known(
            PartitionId id,
            String topicName,
            String topicRecord,
            long logStart,
            long highWatermark,
            ManifestRef manifest,
            boolean inCheckpoint,
            Ranges journaled) {}
}
