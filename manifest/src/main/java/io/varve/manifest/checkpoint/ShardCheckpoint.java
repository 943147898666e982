// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.checkpoint;

import io.varve.manifest.ShardId;
import io.varve.manifest.state.PartitionState;
import java.util.List;

/// The state of a shard at the end of a journal: in the bucket, and on disk. Whole or absent.
/// Immutable.
///
/// @param endIndex the state is that after applying every Raft entry below this index
/// @param lastTerm term of the entry endIndex - 1 (0 for the first checkpoint of a restored shard)
/// @param lastFrameTimeMs the leader's time of the last frame: time never goes back
/// @param partitions sorted by id
/// @param closed partitions that left, so that a late command cannot bring them back
/// @param journals journals and roll-ups that are needed to read what is above a partition's
///   archivedEnd, by first index
/// @param doomed what is no longer needed
/// @param metadata shard 0 only: the metadata image as Kafka metadata records, each serialized with
///   MetadataRecordSerde (ApiMessage and version); empty elsewhere
public record ShardCheckpoint(
        String clusterId,
        ShardId shard,
        long endIndex,
        long lastTerm,
        long lastFrameTimeMs,
        List<PartitionState> partitions,
        List<ClosedPartition> closed,
        List<JournalRef> journals,
        List<DoomedObject> doomed,
        List<byte[]> metadata) {
    /// A partition that left this shard.
    public record ClosedPartition(
            io.varve.manifest.PartitionId id, String topicName, long closedAtMs) {}

    public ShardCheckpoint {
        partitions = List.copyOf(partitions);
        closed = List.copyOf(closed);
        journals = List.copyOf(journals);
        doomed = List.copyOf(doomed);
        metadata = List.copyOf(metadata);
    }

    /// The same but for what may go.
    public ShardCheckpoint withDoomed(List<DoomedObject> rows) {
        return new ShardCheckpoint(
                clusterId,
                shard,
                endIndex,
                lastTerm,
                lastFrameTimeMs,
                partitions,
                closed,
                journals,
                rows,
                metadata);
    }
}
