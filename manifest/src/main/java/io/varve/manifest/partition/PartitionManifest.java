// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which segment objects make up a partition: one version. Changes only by [#apply] (and
/// [#continueIn] for a new generation), which check every invariant. Immutable.
///
/// `[logStart, archivedEnd)` is covered by entries and gaps without overlap; the first of them may
/// begin below `logStart`, because objects hold whole batches.
///
/// @param version starts at 1 in every generation
/// @param previous the version before; null for the first one of a partition
/// @param entries sorted by offset, adjacent but for gaps
/// @param gaps sorted by offset
/// @param doomed what this partition no longer needs, until it is gone
/// @param epochStarts of what is archived, sorted
public record PartitionManifest(
        String topicName,
        PartitionId id,
        int generation,
        long version,
        ManifestRank rank,
        @Nullable Previous previous,
        long logStart,
        long archivedEnd,
        List<SegmentEntry> entries,
        List<Gap> gaps,
        List<DoomedObject> doomed,
        List<EpochStart> epochStarts) {

    /// The version that this one replaced, and the checksum of its document. Of an older generation
    /// for the first version of a generation: the one that the cut names.
    public record Previous(int generation, long version, int crc) {}

    public PartitionManifest {
        entries = List.copyOf(entries);
        gaps = List.copyOf(gaps);
        doomed = List.copyOf(doomed);
        epochStarts = List.copyOf(epochStarts);
    }

    /// The first version of a partition that was never archived.
    ///
    /// @param startOffset its first offset
    public static PartitionManifest first(
            String topicName, PartitionId id, ManifestRank rank, long startOffset) {
        PartitionManifest first =
                new PartitionManifest(
                        topicName,
                        id,
                        rank.generation(),
                        1,
                        rank,
                        null,
                        startOffset,
                        startOffset,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of());
        ManifestInvariants.check(first);
        return first;
    }

    /// This version's name.
    public ManifestRef ref() {
        return new ManifestRef(generation, version);
    }

    /// The next version, written by a leader of rank `rank`: all deltas, in order.
    ///
    /// @throws IllegalStateException the deltas break an invariant: nothing may be written
    public PartitionManifest apply(ManifestRank rank, List<ManifestDelta> deltas) {
        ManifestEditor editor = new ManifestEditor(this);
        deltas.forEach(editor::apply);
        PartitionManifest next =
                editor.toManifest(
                        generation,
                        version + 1,
                        rank,
                        new Previous(generation, version, ManifestCodec.crc(this)));
        ManifestInvariants.check(this, next, editor.droppedKeys());
        return next;
    }

    /// The first version of a later generation, which ends at `endOffset` (the restored end,
    /// exclusive): what this one holds behind it is served no more.
    ///
    /// @throws IllegalStateException the generation is not later
    public PartitionManifest continueIn(ManifestRank rank, long endOffset) {
        if (rank.generation() <= generation) {
            throw new IllegalStateException(
                    "generation is not later: generation="
                            + rank.generation()
                            + ", manifest="
                            + ref());
        }
        ManifestEditor editor = new ManifestEditor(this);
        editor.clip(endOffset);
        PartitionManifest next =
                editor.toManifest(
                        rank.generation(),
                        1,
                        rank,
                        new Previous(generation, version, ManifestCodec.crc(this)));
        ManifestInvariants.check(next);
        return next;
    }

    /// The entry that holds an offset; empty for an offset in a gap or outside.
    public Optional<SegmentEntry> entryAt(long offset) {
        int at = firstEndingBehind(offset);
        return at < entries.size() && entries.get(at).baseOffset() <= offset
                ? Optional.of(entries.get(at))
                : Optional.empty();
    }

    /// The entry that holds an offset or, when the offset lies in a gap, the next one; empty when
    /// there is none.
    public Optional<SegmentEntry> entryAtOrAfter(long offset) {
        int at = firstEndingBehind(offset);
        return at < entries.size() ? Optional.of(entries.get(at)) : Optional.empty();
    }

    /// The entries that overlap `[baseOffset, endOffset)`.
    public List<SegmentEntry> entriesIn(long baseOffset, long endOffset) {
        List<SegmentEntry> found = new ArrayList<>();
        for (int i = firstEndingBehind(baseOffset);
                i < entries.size() && entries.get(i).baseOffset() < endOffset;
                i++) {
            found.add(entries.get(i));
        }
        return found;
    }

    private int firstEndingBehind(long offset) {
        int low = 0;
        int high = entries.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).endOffset() > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /// Bytes of all objects that this version serves from.
    public long bytes() {
        return entries.stream().mapToLong(SegmentEntry::bytes).sum();
    }
}
