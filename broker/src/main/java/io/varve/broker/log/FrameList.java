// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.util.Arrays;
import java.util.Optional;

/// Frames of one file in the order in which they were written: 32 bytes of memory each.
///
/// Found by (term, index) with a binary search, because indexes grow within a run; a new run starts
/// where Raft went back to replace a tail. A later frame of the same term and index hides an
/// earlier one.
///
/// Owner: the appender thread. Lookups from any thread see every frame whose [#add] ended before.
final class FrameList {
    private static final int CELLS = 4;
    private static final int TERM = 0;
    private static final int INDEX = 1;
    private static final int POSITION = 2;
    private static final int LENGTHS = 3;

    private final long file;

    // Cells are written before the size that shows them; old cells never change.
    private volatile long[] cells = new long[16 * CELLS];
    private volatile int[] runs = {};
    private volatile int size;
    private volatile long lowestIndex = Long.MAX_VALUE;
    private volatile long highestIndex = -1;

    FrameList(long file) {
        this.file = file;
    }

    void add(long term, long index, long position, int tableLength, int bodyLength) {
        int at = size;
        long[] now = cells;
        if (now.length < (at + 1) * CELLS) {
            now = Arrays.copyOf(now, now.length * 2);
        }
        int cell = at * CELLS;
        now[cell + TERM] = term;
        now[cell + INDEX] = index;
        now[cell + POSITION] = position;
        now[cell + LENGTHS] = (long) tableLength << 32 | bodyLength;
        cells = now;
        if (at == 0 || now[cell - CELLS + INDEX] >= index) {
            int[] more = Arrays.copyOf(runs, runs.length + 1);
            more[more.length - 1] = at;
            runs = more;
        }
        lowestIndex = Math.min(lowestIndex, index);
        highestIndex = Math.max(highestIndex, index);
        size = at + 1;
    }

    int size() {
        return size;
    }

    /// Of all frames; [Long#MAX_VALUE] when there is none.
    long lowestIndex() {
        return lowestIndex;
    }

    /// Of all frames, dead ones included; -1 when there is none.
    long highestIndex() {
        return highestIndex;
    }

    FrameLocation get(int at) {
        return location(cells, at);
    }

    Optional<FrameLocation> find(long term, long index) {
        int end = size;
        int[] starts = runs;
        long[] now = cells;
        for (int run = starts.length - 1; run >= 0; run--) {
            if (starts[run] >= end) {
                continue;
            }
            int low = starts[run];
            int high = end - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                long there = now[middle * CELLS + INDEX];
                if (there < index) {
                    low = middle + 1;
                } else if (there > index) {
                    high = middle - 1;
                } else {
                    if (now[middle * CELLS + TERM] == term) {
                        return Optional.of(location(now, middle));
                    }
                    break;
                }
            }
            end = starts[run];
        }
        return Optional.empty();
    }

    private FrameLocation location(long[] now, int at) {
        int cell = at * CELLS;
        long lengths = now[cell + LENGTHS];
        return new FrameLocation(
                now[cell + TERM],
                now[cell + INDEX],
                file,
                now[cell + POSITION],
                (int) (lengths >>> 32),
                (int) lengths);
    }
}
