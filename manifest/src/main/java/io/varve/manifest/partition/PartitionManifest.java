// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which segment objects make up a partition: one version. Changes only by [#apply] (and
/// [#continueIn] for a new generation), which check every invariant. Immutable.
///
/// `[logStart, archivedEnd)` is covered by pages, then entries and gaps, without overlap; the first
/// segment may begin below `logStart`, because objects hold whole batches. Pages hold the oldest
/// rows, so that the document stays small ([ManifestChange]).
///
/// @param version starts at 1 in every generation
/// @param previous the version before; null for the first one of a partition
/// @param pages oldest rows, each page an object of its own; sorted by offset, adjacent, in front
///   of entries and gaps
/// @param entries sorted by offset, adjacent but for gaps
/// @param gaps sorted by offset
/// @param doomed what this partition no longer needs, until it is gone
/// @param doomedPages pages that go together with all they name
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
        List<PageRef> pages,
        List<SegmentEntry> entries,
        List<Gap> gaps,
        List<DoomedObject> doomed,
        List<DoomedPage> doomedPages,
        List<EpochStart> epochStarts) {

    /// The version that this one replaced, and the checksum of its document. Of an older generation
    /// for the first version of a generation: the one that the cut names.
    public record Previous(int generation, long version, int crc) {}

    public PartitionManifest {
        pages = List.copyOf(pages);
        doomedPages = List.copyOf(doomedPages);
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

    /// The next version, written by a leader of rank `rank`: all deltas, in order. Neither reads
    /// nor makes pages: [ManifestChange] does.
    ///
    /// @throws IllegalStateException the deltas break an invariant, or need the rows of a page:
    ///   nothing may be written
    public PartitionManifest apply(ManifestRank rank, List<ManifestDelta> deltas) {
        ManifestEditor editor = new ManifestEditor(this, ManifestEditor.NO_PAGES);
        deltas.forEach(editor::apply);
        return editor.next(this, rank);
    }

    /// The first version of a later generation, which ends at `endOffset` (the restored end,
    /// exclusive): what this one holds behind it is served no more. Reads no pages, as [#apply].
    ///
    /// @throws IllegalStateException the generation is not later
    public PartitionManifest continueIn(ManifestRank rank, long endOffset) {
        ManifestEditor editor = new ManifestEditor(this, ManifestEditor.NO_PAGES);
        editor.clip(endOffset);
        return editor.firstOfGeneration(this, rank);
    }

    /// What this version names, and its checksum: for the next one.
    Previous asPrevious() {
        return new Previous(generation, version, ManifestCodec.crc(this));
    }

    /// Where the rows in this document begin; what is in front is in pages.
    public long inlineBase() {
        return pages.isEmpty() ? logStart : pages.getLast().endOffset();
    }

    /// The rows that are in this document: the newest ones, all of them when there are no pages.
    public SegmentRun inline() {
        return new SegmentRun(inlineBase(), archivedEnd, entries, gaps);
    }

    /// The page whose rows tell about an offset; empty when this document does itself.
    public Optional<PageRef> pageAt(long offset) {
        return pages.stream().filter(page -> page.endOffset() > offset).findFirst();
    }

    /// The pages that overlap `[baseOffset, endOffset)`.
    public List<PageRef> pagesIn(long baseOffset, long endOffset) {
        return pages.stream()
                .filter(page -> page.endOffset() > baseOffset && page.baseOffset() < endOffset)
                .toList();
    }

    /// The entry of this document that holds an offset; empty for an offset in a gap or outside.
    ///
    /// @throws IllegalStateException a page tells about the offset
    public Optional<SegmentEntry> entryAt(long offset) {
        checkInline(offset);
        return inline().entryAt(offset);
    }

    /// The entry that holds an offset or, when the offset lies in a gap, the next one; empty when
    /// there is none.
    ///
    /// @throws IllegalStateException a page tells about the offset
    public Optional<SegmentEntry> entryAtOrAfter(long offset) {
        checkInline(offset);
        return inline().entryAtOrAfter(offset);
    }

    /// The entries that overlap `[baseOffset, endOffset)`.
    ///
    /// @throws IllegalStateException a page tells about the offset
    public List<SegmentEntry> entriesIn(long baseOffset, long endOffset) {
        checkInline(baseOffset);
        return inline().entriesIn(baseOffset, endOffset);
    }

    private void checkInline(long offset) {
        pageAt(offset)
                .ifPresent(page -> {
                    throw new IllegalStateException(
                            "offset is in a page: partition="
                                    + id
                                    + ", offset="
                                    + offset
                                    + ", page="
                                    + page.key(topicName, id));
                });
    }

    /// Bytes of all objects that this version serves from.
    public long bytes() {
        return pages.stream().mapToLong(PageRef::segmentBytes).sum() + inline().bytes();
    }

    /// How many segment objects this version serves from.
    public long segments() {
        return pages.stream().mapToLong(PageRef::segments).sum() + entries.size();
    }
}
