// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.nio.ByteBuffer;
import java.util.List;

/// One committed Raft entry as the archiver sees it. Slices that apply dropped (frames of an
/// earlier leadership) are not in it; an entry that is not ours, or whose frame was dropped, has no
/// slices.
///
/// @param timeMs the leader's time of the frame
public record CommittedFrame(long term, long index, long timeMs, List<Slice> slices) {
    public CommittedFrame {
        slices = List.copyOf(slices);
    }

    /// A part of a frame, in order.
    public sealed interface Slice {}

    /// Record batches of one partition. The buffer holds exactly the batches, byte for byte as they
    /// are in the log.
    public record Data(
            PartitionId partition, int leaderEpoch, List<BatchFacts> batches, ByteBuffer bytes)
            implements Slice {}

    /// A change of a partition that is no record.
    public record Control(PartitionId partition, String topicName, ControlFact fact)
            implements Slice {}

    /// What the archiver itself told the shard. Folded into the shadow; causes no journal.
    public record Archived(PartitionId partition, long archivedEnd, ManifestRef manifest)
            implements Slice {}
}
