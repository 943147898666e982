// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionState;
import java.util.List;
import java.util.Optional;

/// One partition as a restore would open it. Immutable.
///
/// @param state what its shard's first checkpoint says of it; base epoch and ends are those after
///   the restore
/// @param origin where it comes from
/// @param manifest the version that `state` names, when it could be read
/// @param journalParts journals that hold `[archivedEnd, endOffset)`, in order; the first may begin
///   below
/// @param leftOut offsets that earlier restores left unused on purpose, sorted; nothing holds them
public record PartitionPlan(
        PartitionState state,
        Origin origin,
        Optional<PartitionManifest> manifest,
        List<JournalPart> journalParts,
        List<Gap> leftOut) {

    /// Why it is restored.
    public enum Origin {
        /// The cluster's metadata names it and its shard knows it.
        NAMED,
        /// Its shard knows it, no topic names it, and its topic was not deleted.
        ADOPTED,
        /// The metadata names it and nothing in the bucket speaks of it: opens at 0.
        FRESH,
        /// The metadata names it, no shard knows it, its manifest does: producers are unknown.
        REBUILT,
        /// Its topic was deleted; the new cluster closes it.
        DELETED,
        /// `__cluster_metadata`.
        METADATA
    }

    public PartitionPlan {
        journalParts = List.copyOf(journalParts);
        leftOut = List.copyOf(leftOut);
    }

    /// The same, with the leader epochs of a new generation.
    PartitionPlan withBaseEpoch(int baseEpoch) {
        PartitionState next =
                new PartitionState(
                        state.id(),
                        state.topicName(),
                        state.topicRecord(),
                        baseEpoch,
                        state.logStart(),
                        state.archivedEnd(),
                        state.highWatermark(),
                        state.manifest(),
                        state.epochs(),
                        state.aborted(),
                        state.producers());
        return new PartitionPlan(next, origin, manifest, journalParts, leftOut);
    }

    /// The same of a topic that is to be alive again: what was open in it ends with markers.
    PartitionPlan asAlive() {
        return origin == Origin.DELETED
                ? new PartitionPlan(state, Origin.REBUILT, manifest, journalParts, leftOut)
                : this;
    }

    /// The first offset at or behind this one that was not left unused.
    long skipLeftOut(long offset) {
        return skip(leftOut, offset);
    }

    static long skip(List<Gap> leftOut, long offset) {
        long next = offset;
        for (Gap gap : leftOut) {
            if (gap.baseOffset() <= next && next < gap.endOffset()) {
                next = gap.endOffset();
            }
        }
        return next;
    }

    /// The highest leader epoch that anything says of this partition.
    long epochMax() {
        long epoch =
                state.epochs().isEmpty() ? state.baseEpoch() : state.epochs().getLast().epoch();
        if (manifest.isPresent() && !manifest.get().epochStarts().isEmpty()) {
            epoch = Math.max(epoch, manifest.get().epochStarts().getLast().epoch());
        }
        return epoch;
    }

    public PartitionId id() {
        return state.id();
    }

    public String topicName() {
        return state.topicName();
    }

    public long logStart() {
        return state.logStart();
    }

    /// End (exclusive) of what segment objects hold.
    public long archivedEnd() {
        return state.archivedEnd();
    }

    /// The restored end, exclusive.
    public long endOffset() {
        return state.highWatermark();
    }

    /// Leader epochs of the new generation are above this.
    public int firstEpoch() {
        return state.baseEpoch();
    }

    /// Bytes of the segment objects.
    public long archivedBytes() {
        return manifest.map(PartitionManifest::bytes).orElse(0L);
    }

    /// Bytes that only journals hold.
    public long journaledBytes() {
        return journalParts.stream().mapToLong(part -> part.section().length()).sum();
    }

    /// Producers whose sequences go on.
    public int producers() {
        return state.producers().size();
    }

    /// Transactions that were open at the restored end.
    public long openTransactions() {
        return state.producers().stream()
                .filter(producer -> producer.openTxnFirstOffset().isPresent())
                .count();
    }
}
