// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which files hold rows of one partition: a span for each, by file number, which is by offset.
///
/// Served is the run of offsets without a hole that ends at the newest row, from its start or from
/// where local retention put it, whichever is later. Thread-safe: the lock is held for a few
/// comparisons, and for a walk over the spans when a file comes or goes.
final class PartitionSpans {
    /// The rows in one file.
    ///
    /// @param runStart from here to `end` there is no hole
    record Span(LogFile file, long base, long end, long runStart, long bytes) {
        static Span of(LogFile file, Rows rows) {
            int count = rows.count();
            return new Span(
                    file,
                    rows.baseOffset(0),
                    rows.endOffset(count - 1),
                    rows.runStart(),
                    rows.bytes());
        }

        private Span with(long rowBase, long rowEnd, long rowBytes) {
            long run = end == rowBase ? runStart : rowBase;
            return new Span(file, base, rowEnd, run, bytes + rowBytes);
        }
    }

    // All guarded by this.
    private final ArrayList<Span> spans = new ArrayList<>();
    private int firstServed;
    private long runStart;
    private long retentionStart;
    private long heldBytes;

    /// A file whose rows are known as a whole.
    synchronized void put(Span span) {
        spans.add(placeOf(span.file().number()), span);
        heldBytes += span.bytes();
        findRun();
    }

    /// A new row; within its file it is the last one.
    synchronized void addRow(LogFile file, long base, long end, long bytes) {
        heldBytes += bytes;
        int place = placeOf(file.number());
        Span before = place > 0 ? spans.get(place - 1) : null;
        if (before == null || before.file() != file) {
            spans.add(place, new Span(file, base, end, base, bytes));
            findRun();
            return;
        }
        spans.set(place - 1, before.with(base, end, bytes));
        if (place < spans.size() || before.end() != base) {
            findRun();
        }
    }

    /// Behind the last span whose file is not newer.
    private int placeOf(long file) {
        int place = spans.size();
        while (place > 0 && spans.get(place - 1).file().number() > file) {
            place--;
        }
        return place;
    }

    synchronized void remove(LogFile file) {
        int place = placeOf(file.number()) - 1;
        if (place >= 0 && spans.get(place).file() == file) {
            heldBytes -= spans.remove(place).bytes();
            findRun();
        }
    }

    private void findRun() {
        int at = spans.size();
        while (at > 0) {
            Span span = spans.get(at - 1);
            if (at < spans.size() && span.end() != spans.get(at).base()) {
                break;
            }
            at--;
            runStart = span.runStart();
            if (span.runStart() != span.base()) {
                break;
            }
        }
        firstServed = at;
    }

    synchronized void moveStart(long offset) {
        retentionStart = Math.max(retentionStart, offset);
    }

    /// What is served, or empty when nothing is.
    synchronized Optional<Served> served() {
        if (spans.isEmpty()) {
            return Optional.empty();
        }
        long start = Math.max(runStart, retentionStart);
        long end = spans.getLast().end();
        return start < end ? Optional.of(new Served(start, end)) : Optional.empty();
    }

    /// Offsets in [start, end).
    record Served(long start, long end) {}

    /// The span that holds a served offset.
    synchronized @Nullable Span spanOf(long offset) {
        int low = firstServed;
        int high = spans.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Span span = spans.get(middle);
            if (span.end() <= offset) {
                low = middle + 1;
            } else if (span.base() > offset) {
                high = middle - 1;
            } else {
                return span;
            }
        }
        return null;
    }

    /// Bytes of the spans that lie wholly behind `offset`.
    synchronized long bytesOfSpansBehind(long offset) {
        long bytes = 0;
        for (int at = spans.size() - 1; at >= firstServed; at--) {
            if (spans.get(at).base() < offset) {
                break;
            }
            bytes += spans.get(at).bytes();
        }
        return bytes;
    }

    /// Bytes in all files, served or not.
    synchronized long heldBytes() {
        return heldBytes;
    }
}
