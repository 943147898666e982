// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;

/// One shard's hot tier, as its archiver sees it during one leadership. Reads may come from any
/// thread; they touch the disk and block.
public interface ShardSource {
    ShardId shard();

    /// The Raft term of this leadership; part of the rank of every manifest that is written in it.
    long term();

    /// False for good once the leadership is lost: every stepper stops at its next step.
    boolean isLeader();

    /// End (exclusive) of the Raft entries that are committed and applied here.
    long appliedEndIndex();

    /// First Raft index whose frame can still be read here.
    long firstReadableIndex();

    /// Term of the committed entry at an index, or empty when this replica does not hold it any
    /// more.
    OptionalLong termAt(long index);

    /// Committed entries in [fromIndex, toIndex), every index, in order, at most `maxBytes` of
    /// record bytes but at least one entry. `toIndex` is at most [#appliedEndIndex].
    ///
    /// @throws IOException the local disk failed or a frame is damaged: the message names the file
    ///   and position
    List<CommittedFrame> frames(long fromIndex, long toIndex, int maxBytes) throws IOException;

    /// Whole record batches of one partition from the local disk: from the batch that holds
    /// `offset` on, at most `maxBytes` but at least one batch, never beyond `endOffset`. Empty when
    /// `offset` is not held locally.
    ByteBuffer readHot(PartitionId partition, long offset, long endOffset, int maxBytes)
            throws IOException;

    /// What the policy looks at.
    List<HotPartition> partitions();

    /// Tells the shard, through Raft, how far the partition is archived and which manifest says so.
    /// Returns when applied.
    void archived(PartitionId partition, long archivedEnd, ManifestRef manifest)
            throws CommandFailedException;

    /// Moves the partition's first offset, through Raft. Returns when applied.
    void moveLogStart(PartitionId partition, long logStart) throws CommandFailedException;

    /// Makes the checkpoint at `endIndex` the floor, through Raft. Returns when applied.
    void raiseFloor(long endIndex, long term) throws CommandFailedException;

    /// One partition of the shard on the leader.
    ///
    /// @param hotStart first offset on local disk
    /// @param oldestUnarchivedMs leader's time at which the record at archivedEnd was appended, or
    ///   empty when all is archived
    /// @param localBytes bytes on local disk
    record HotPartition(
            PartitionId id,
            String topicName,
            long logStart,
            long hotStart,
            long archivedEnd,
            long lastStableOffset,
            long highWatermark,
            ManifestRef manifest,
            OptionalLong oldestUnarchivedMs,
            long unarchivedBytes,
            long localBytes) {}

    /// The command was refused or its outcome is unknown (leadership lost, time-out): read the
    /// state before acting.
    final class CommandFailedException extends Exception {
        private static final long serialVersionUID = 1L;

        public CommandFailedException(String message) {
            super(message);
        }
    }
}
