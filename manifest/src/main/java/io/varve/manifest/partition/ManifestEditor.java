// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// The making of one new manifest version. What the result must hold, [ManifestInvariants] checks.
/// Owner: the caller's thread.
final class ManifestEditor {
    /// Segment objects that one version dooms one by one; more go into a page.
    static final int DOOMED_ROWS_MAX = 64;

    /// Rows that stay in the document when the others move to a page.
    static final int ROWS_KEPT = 64;

    /// Gives no rows of any page, and random 0.
    static final Pages NO_PAGES =
            new Pages() {
                @Override
                public ManifestPage rowsOf(PageRef page) {
                    throw new IllegalStateException("rows of a page are needed: page=" + page);
                }

                @Override
                public OptionalLong newName() {
                    return OptionalLong.empty();
                }
            };

    /// What an editor needs to work on pages.
    interface Pages {
        /// Rows of a page of the version before.
        ManifestPage rowsOf(PageRef page);

        /// A random part for a new page's key; empty when no pages may be made.
        OptionalLong newName();
    }

    private final String topicName;
    private final PartitionId id;
    private final Pages source;
    private final List<PageRef> pages;
    private final List<DoomedPage> doomedPages;
    private final Map<PageRef, ManifestPage> made = new LinkedHashMap<>();
    private final Map<PageRef, ManifestPage> read = new LinkedHashMap<>();
    private final List<SegmentEntry> entries;
    private final List<Gap> gaps;
    private final List<DoomedObject> doomed;
    private final List<EpochStart> epochStarts;
    private final Set<String> dropped = new HashSet<>();
    private long logStart;
    private long archivedEnd;

    ManifestEditor(PartitionManifest before, Pages source) {
        this.topicName = before.topicName();
        this.id = before.id();
        this.source = source;
        this.pages = new ArrayList<>(before.pages());
        this.doomedPages = new ArrayList<>(before.doomedPages());
        this.entries = new ArrayList<>(before.entries());
        this.gaps = new ArrayList<>(before.gaps());
        this.doomed = new ArrayList<>(before.doomed());
        this.epochStarts = new ArrayList<>(before.epochStarts());
        this.logStart = before.logStart();
        this.archivedEnd = before.archivedEnd();
    }

    void apply(ManifestDelta delta) {
        switch (delta) {
            case ManifestDelta.AddSegment add -> addSegment(add);
            case ManifestDelta.AddGap add -> {
                checkFollows(add.gap().baseOffset(), add.gap().endOffset());
                gaps.add(add.gap());
                archivedEnd = add.gap().endOffset();
            }
            case ManifestDelta.MoveLogStart move -> moveLogStart(move);
            case ManifestDelta.ReplaceSegments replace -> replace(replace);
            case ManifestDelta.Doom doom -> doomed.addAll(doom.objects());
            case ManifestDelta.DropDoomed drop -> {
                doomed.removeIf(object -> drop.keys().contains(object.key()));
                doomedPages.removeIf(gone -> drop.keys().contains(gone.page().key(topicName, id)));
                dropped.addAll(drop.keys());
            }
        }
    }

    private void addSegment(ManifestDelta.AddSegment add) {
        checkFollows(add.entry().baseOffset(), add.entry().endOffset());
        entries.add(add.entry());
        archivedEnd = add.entry().endOffset();
        add.epochs().forEach(this::addEpoch);
    }

    /// As Kafka: an epoch of which nothing is left in front of the new one goes.
    private void addEpoch(EpochStart epoch) {
        if (!epochStarts.isEmpty() && epochStarts.getLast().epoch() >= epoch.epoch()) {
            return;
        }
        long start = Math.max(epoch.startOffset(), logStart);
        while (!epochStarts.isEmpty() && epochStarts.getLast().startOffset() >= start) {
            epochStarts.removeLast();
        }
        epochStarts.add(new EpochStart(epoch.epoch(), start));
    }

    /// What is added starts at the archived end; or in front of it, when all in front was deleted
    /// up to within a batch.
    private void checkFollows(long baseOffset, long endOffset) {
        boolean nothingInFront = entries.isEmpty() && gaps.isEmpty() && pages.isEmpty();
        if (baseOffset > archivedEnd
                || endOffset <= archivedEnd
                || (!nothingInFront && baseOffset != archivedEnd)) {
            throw new IllegalStateException(
                    "segment does not follow the manifest: partition="
                            + id
                            + ", base="
                            + baseOffset
                            + ", end="
                            + endOffset
                            + ", archivedEnd="
                            + archivedEnd);
        }
    }

    private void moveLogStart(ManifestDelta.MoveLogStart move) {
        if (move.logStart() <= logStart) {
            throw new IllegalStateException(
                    "log start does not move on: partition="
                            + id
                            + ", logStart="
                            + move.logStart()
                            + ", current="
                            + logStart);
        }
        logStart = move.logStart();
        archivedEnd = Math.max(archivedEnd, logStart);
        dropPagesBelow(move);
        List<SegmentEntry> below =
                entries.stream().filter(entry -> entry.endOffset() <= logStart).toList();
        entries.removeAll(below);
        doomAll(below, move.reason(), move.deleteAfterMs());
        gaps.removeIf(gap -> gap.endOffset() <= logStart);
        int epoch = -1;
        while (!epochStarts.isEmpty() && epochStarts.getFirst().startOffset() <= logStart) {
            epoch = epochStarts.removeFirst().epoch();
        }
        if (epoch >= 0) {
            epochStarts.addFirst(new EpochStart(epoch, logStart));
        }
    }

    private void dropPagesBelow(ManifestDelta.MoveLogStart move) {
        while (!pages.isEmpty() && pages.getFirst().endOffset() <= logStart) {
            PageRef page = pages.removeFirst();
            made.remove(page);
            doomedPages.add(new DoomedPage(page, move.reason(), move.deleteAfterMs()));
        }
        if (!pages.isEmpty() && pages.getFirst().baseOffset() < logStart) {
            SegmentRun rows = rowsOf(pages.getFirst());
            SegmentRun left = rows.from(logStart);
            List<SegmentEntry> below =
                    rows.entries().stream().filter(entry -> entry.endOffset() <= logStart).toList();
            if (left.rows() < rows.rows()) {
                replacePage(0, startingAtFirstRow(left), move.reason(), move.deleteAfterMs());
                doomAll(below, move.reason(), move.deleteAfterMs());
            }
        }
    }

    private SegmentRun rowsOf(PageRef page) {
        ManifestPage own = made.get(page);
        if (own != null) {
            return own.rows();
        }
        ManifestPage stored = source.rowsOf(page);
        read.put(page, stored);
        return stored.rows();
    }

    /// A page begins where its first row does.
    private static SegmentRun startingAtFirstRow(SegmentRun run) {
        long base = Long.MAX_VALUE;
        if (!run.entries().isEmpty()) {
            base = run.entries().getFirst().baseOffset();
        }
        if (!run.gaps().isEmpty()) {
            base = Math.min(base, run.gaps().getFirst().baseOffset());
        }
        return new SegmentRun(base, run.endOffset(), run.entries(), run.gaps());
    }

    /// The page gives way to one with these rows; its object is doomed alone.
    private void replacePage(int at, SegmentRun rows, String reason, long deleteAfterMs) {
        PageRef old = pages.remove(at);
        if (made.remove(old) == null) {
            doomed.add(
                    new DoomedObject(old.key(topicName, id), old.bytes(), reason, deleteAfterMs));
        }
        if (rows.rows() > 0) {
            pages.add(at, make(rows));
        }
    }

    private PageRef make(SegmentRun rows) {
        long random =
                source.newName()
                        .orElseThrow(() ->
                                new IllegalStateException("no page may be made: partition=" + id));
        ManifestPage page = new ManifestPage(topicName, id, rows, random);
        PageRef ref = page.ref();
        made.put(ref, page);
        return ref;
    }

    /// One by one, or as a page when there are many: the document stays small.
    private void doomAll(List<SegmentEntry> going, String reason, long deleteAfterMs) {
        boolean many = doomed.size() + going.size() > DOOMED_ROWS_MAX && going.size() > 1;
        if (!many || source.newName().isEmpty()) {
            going.forEach(entry -> doom(entry, reason, deleteAfterMs));
            return;
        }
        List<Gap> between = new ArrayList<>();
        for (int i = 1; i < going.size(); i++) {
            long end = going.get(i - 1).endOffset();
            if (end < going.get(i).baseOffset()) {
                between.add(new Gap(end, going.get(i).baseOffset(), Gap.Reason.DELETED));
            }
        }
        SegmentRun rows =
                new SegmentRun(
                        going.getFirst().baseOffset(), going.getLast().endOffset(), going, between);
        doomedPages.add(new DoomedPage(make(rows), reason, deleteAfterMs));
    }

    private void replace(ManifestDelta.ReplaceSegments replace) {
        long base = replace.removed().getFirst().baseOffset();
        long end = replace.removed().getLast().endOffset();
        int at = 0;
        while (at < pages.size() && pages.get(at).endOffset() <= base) {
            at++;
        }
        if (at == pages.size()) {
            replaceIn(entries, gaps, replace);
            return;
        }
        PageRef page = pages.get(at);
        if (page.endOffset() < end) {
            throw new IllegalStateException(
                    "segments to replace are not in one page: partition="
                            + id
                            + ", base="
                            + base
                            + ", end="
                            + end
                            + ", page="
                            + page);
        }
        SegmentRun rows = rowsOf(page);
        List<SegmentEntry> pageEntries = new ArrayList<>(rows.entries());
        List<Gap> pageGaps = new ArrayList<>(rows.gaps());
        replaceIn(pageEntries, pageGaps, replace);
        replacePage(
                at,
                new SegmentRun(rows.baseOffset(), rows.endOffset(), pageEntries, pageGaps),
                replace.reason(),
                replace.deleteAfterMs());
    }

    private void replaceIn(
            List<SegmentEntry> run, List<Gap> runGaps, ManifestDelta.ReplaceSegments replace) {
        if (!run.containsAll(replace.removed())) {
            throw new IllegalStateException(
                    "segments to replace are not there: partition="
                            + id
                            + ", removed="
                            + replace.removed().stream()
                                    .filter(entry -> !run.contains(entry))
                                    .toList());
        }
        long base = replace.removed().getFirst().baseOffset();
        long end = replace.removed().getLast().endOffset();
        run.removeAll(replace.removed());
        doomAll(replace.removed(), replace.reason(), replace.deleteAfterMs());
        runGaps.removeIf(gap -> gap.baseOffset() >= base && gap.endOffset() <= end);
        run.addAll(replace.added());
        run.sort(Comparator.comparingLong(SegmentEntry::baseOffset));
        runGaps.addAll(replace.gaps());
        runGaps.sort(Comparator.comparingLong(Gap::baseOffset));
    }

    private void doom(SegmentEntry entry, String reason, long deleteAfterMs) {
        doomed.add(
                new DoomedObject(entry.key(topicName, id), entry.bytes(), reason, deleteAfterMs));
    }

    /// Ends the partition at `endOffset`. What lies behind is left to the older generation's own
    /// orphans; so is the object of a page that is cut.
    void clip(long endOffset) {
        SegmentRun inline = clipped(new SegmentRun(0, archivedEnd, entries, gaps), endOffset);
        replaceAll(entries, inline.entries());
        replaceAll(gaps, inline.gaps());
        while (!pages.isEmpty() && pages.getLast().endOffset() > endOffset) {
            PageRef last = pages.removeLast();
            if (last.baseOffset() < endOffset) {
                SegmentRun rows = clipped(rowsOf(last), endOffset);
                entries.addAll(0, rows.entries());
                gaps.addAll(0, rows.gaps());
            }
        }
        epochStarts.removeIf(epoch -> epoch.startOffset() >= endOffset);
        archivedEnd = Math.min(archivedEnd, endOffset);
        logStart = Math.min(logStart, endOffset);
        entries.removeIf(entry -> entry.endOffset() <= logStart);
        gaps.removeIf(gap -> gap.endOffset() <= logStart);
        pages.removeIf(page -> page.endOffset() <= logStart);
    }

    private static SegmentRun clipped(SegmentRun run, long endOffset) {
        return new SegmentRun(
                run.baseOffset(),
                Math.min(run.endOffset(), endOffset),
                run.entries().stream()
                        .filter(entry -> entry.baseOffset() < endOffset)
                        .map(entry ->
                                entry.endOffset() > endOffset ? entry.clippedAt(endOffset) : entry)
                        .toList(),
                run.gaps().stream()
                        .filter(gap -> gap.baseOffset() < endOffset)
                        .map(gap ->
                                gap.endOffset() > endOffset
                                        ? new Gap(gap.baseOffset(), endOffset, gap.reason())
                                        : gap)
                        .toList());
    }

    private static <T> void replaceAll(List<T> list, List<T> values) {
        list.clear();
        list.addAll(values);
    }

    /// Moves all but the newest rows to a page: to the last one, while that has room, else to a new
    /// one. Does nothing while there are few rows to move: what makes the document large is then
    /// something else.
    ///
    /// @param deleteAfterMs when the object of a page that is replaced may go
    void fold(long deleteAfterMs) {
        SegmentRun inline =
                new SegmentRun(
                        pages.isEmpty() ? logStart : pages.getLast().endOffset(),
                        archivedEnd,
                        entries,
                        gaps);
        int moving = inline.rows() - ROWS_KEPT;
        if (moving < ROWS_KEPT) {
            return;
        }
        long border = inline.endOfRows(moving);
        SegmentRun old = startingAtFirstRow(inline.until(border));
        SegmentRun kept = inline.from(border);
        PageRef last = pages.isEmpty() ? null : pages.getLast();
        if (last != null && last.segments() + moving <= rowsMax(pages.size())) {
            replacePage(pages.size() - 1, rowsOf(last).with(old), "page grown", deleteAfterMs);
        } else {
            pages.add(make(old));
        }
        replaceAll(entries, kept.entries());
        replaceAll(gaps, kept.gaps());
    }

    /// The more pages there are, the more rows a new one takes: all page rows fit in the document.
    static int rowsMax(int pages) {
        return pages < 96 ? 1_024 : pages < 160 ? 2_048 : 4_096;
    }

    /// Pages that the result is the first to name.
    List<ManifestPage> made() {
        return List.copyOf(made.values());
    }

    /// The version that follows on `before` in its generation, checked.
    PartitionManifest next(PartitionManifest before, ManifestRank rank) {
        PartitionManifest next =
                toManifest(before.generation(), before.version() + 1, rank, before.asPrevious());
        ManifestInvariants.check(before, next, dropped, read, made);
        return next;
    }

    /// The first version of a later generation, checked.
    PartitionManifest firstOfGeneration(PartitionManifest before, ManifestRank rank) {
        if (rank.generation() <= before.generation()) {
            throw new IllegalStateException(
                    "generation is not later: generation="
                            + rank.generation()
                            + ", manifest="
                            + before.ref());
        }
        PartitionManifest next = toManifest(rank.generation(), 1, rank, before.asPrevious());
        ManifestInvariants.check(next);
        return next;
    }

    private PartitionManifest toManifest(
            int generation, long version, ManifestRank rank, PartitionManifest.Previous previous) {
        return new PartitionManifest(
                topicName,
                id,
                generation,
                version,
                rank,
                previous,
                logStart,
                archivedEnd,
                pages,
                entries,
                gaps,
                doomed,
                doomedPages,
                epochStarts);
    }
}
