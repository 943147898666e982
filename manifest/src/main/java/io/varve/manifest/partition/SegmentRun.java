// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// Segments and gaps that cover `[baseOffset, endOffset)` one behind the other: what a manifest
/// itself holds, or one of its pages. The first may begin in front. Immutable.
///
/// @param entries, gaps sorted by offset
public record SegmentRun(
        long baseOffset, long endOffset, List<SegmentEntry> entries, List<Gap> gaps) {
    public SegmentRun {
        entries = List.copyOf(entries);
        gaps = List.copyOf(gaps);
    }

    /// The entry that holds an offset; empty for an offset in a gap or outside.
    public Optional<SegmentEntry> entryAt(long offset) {
        return entryAtOrAfter(offset).filter(entry -> entry.baseOffset() <= offset);
    }

    /// The entry that holds an offset or, when the offset lies in a gap, the next one of this run;
    /// empty when there is none.
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

    /// Bytes of all its objects.
    public long bytes() {
        return entries.stream().mapToLong(SegmentEntry::bytes).sum();
    }

    /// How many entries and gaps.
    public int rows() {
        return entries.size() + gaps.size();
    }

    /// Entries and gaps, merged by offset, lie one behind the other from (at or below) the base to
    /// the end.
    ///
    /// @return what is wrong; empty when nothing is
    Optional<String> problem() {
        Iterator<SegmentEntry> nextEntry = entries.iterator();
        Iterator<Gap> nextGap = gaps.iterator();
        SegmentEntry entry = nextEntry.hasNext() ? nextEntry.next() : null;
        Gap gap = nextGap.hasNext() ? nextGap.next() : null;
        long end = baseOffset;
        boolean first = true;
        while (entry != null || gap != null) {
            boolean takeEntry =
                    gap == null || (entry != null && entry.baseOffset() < gap.baseOffset());
            long base;
            long pieceEnd;
            if (takeEntry && entry != null) {
                base = entry.baseOffset();
                pieceEnd = entry.endOffset();
                entry = nextEntry.hasNext() ? nextEntry.next() : null;
            } else if (gap != null) {
                base = gap.baseOffset();
                pieceEnd = gap.endOffset();
                gap = nextGap.hasNext() ? nextGap.next() : null;
            } else {
                throw new IllegalStateException("unreachable: neither entry nor gap");
            }
            boolean adjacent = first ? base <= end && pieceEnd > end : base == end;
            if (!adjacent) {
                return Optional.of("not adjacent at offset " + base + " (expected " + end + ")");
            }
            end = pieceEnd;
            first = false;
        }
        return end == endOffset ? Optional.empty() : Optional.of("covered up to " + end + " only");
    }

    /// The rows that end behind an offset, from that offset on.
    SegmentRun from(long offset) {
        return new SegmentRun(
                Math.max(offset, baseOffset),
                endOffset,
                entries.stream().filter(entry -> entry.endOffset() > offset).toList(),
                gaps.stream().filter(gap -> gap.endOffset() > offset).toList());
    }

    /// Where the first `rows` rows end.
    long endOfRows(int rows) {
        List<Long> ends = new ArrayList<>();
        entries.forEach(entry -> ends.add(entry.endOffset()));
        gaps.forEach(gap -> ends.add(gap.endOffset()));
        ends.sort(Long::compare);
        return rows == 0 ? baseOffset : ends.get(rows - 1);
    }

    /// The rows that end at or below an offset, which is the end of a row.
    SegmentRun until(long offset) {
        return new SegmentRun(
                baseOffset,
                offset,
                entries.stream().filter(entry -> entry.endOffset() <= offset).toList(),
                gaps.stream().filter(gap -> gap.endOffset() <= offset).toList());
    }

    /// This and the one that follows on it.
    SegmentRun with(SegmentRun next) {
        List<SegmentEntry> allEntries = new ArrayList<>(entries);
        allEntries.addAll(next.entries);
        List<Gap> allGaps = new ArrayList<>(gaps);
        allGaps.addAll(next.gaps);
        return new SegmentRun(baseOffset, next.endOffset, allEntries, allGaps);
    }
}
