// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.List;

/// A change of a shard that is no record. Applied on every replica alike; each may come twice, and
/// changes nothing then.
public sealed interface ShardCommand {
    /// Opens a partition here. Refused for an id that was closed here before.
    record OpenPartition(
            PartitionId id,
            String topicName,
            String topicRecordJson,
            int baseEpoch,
            long startOffset)
            implements ShardCommand {}

    /// Opens a partition here whose records below `endOffset` are all in segment objects: a topic
    /// that was restored from a bucket. Refused for an id that was closed here before.
    ///
    /// @param epochs leader epochs of those records
    record OpenRestored(
            PartitionId id,
            String topicName,
            String topicRecordJson,
            int baseEpoch,
            long logStart,
            long endOffset,
            ManifestRef manifest,
            List<EpochStart> epochs)
            implements ShardCommand {
        public OpenRestored {
            epochs = List.copyOf(epochs);
            if (logStart < 0 || endOffset < logStart) {
                throw new IllegalArgumentException(
                        "bad ends: partition="
                                + id
                                + ", logStart="
                                + logStart
                                + ", endOffset="
                                + endOffset);
            }
        }
    }

    /// The partition leaves this shard for good.
    record ClosePartition(PartitionId id, String reason) implements ShardCommand {}

    /// The topic's JSON (partitions, configs) as it is now.
    record ChangeTopic(PartitionId id, String topicRecordJson) implements ShardCommand {}

    /// Records below `logStart` are deleted.
    record MoveLogStart(PartitionId id, long logStart) implements ShardCommand {}

    /// Segment objects hold everything below `archivedEnd`, as this manifest version says.
    record SetArchived(PartitionId id, long archivedEnd, ManifestRef manifest)
            implements ShardCommand {}

    /// The checkpoint at `endIndex` was read back whole from the bucket.
    ///
    /// @param term term of the entry `endIndex - 1`
    record RaiseFloor(long endIndex, long term) implements ShardCommand {}

    /// A mark in the log.
    record Barrier(long tick) implements ShardCommand {}
}
