// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.util.Arrays;

/// Rows of a file whose index file is not written yet: 40 bytes of memory each. Owner: the apply
/// thread; read from any thread.
final class OpenRows implements Rows {
    private static final int CELLS = 5;
    private static final int FIRST_ROWS = 4;

    // Cells are written before the count that shows them; old cells never change.
    private volatile long[] cells = new long[FIRST_ROWS * CELLS];
    private volatile long bytes;
    private volatile long maxTimestampMs = Long.MIN_VALUE;
    private volatile long runStart;
    private volatile int count;

    void add(long baseOffset, long endOffset, long timestampMs, long position, int length) {
        int row = count;
        long[] now = cells;
        if (now.length < (row + 1) * CELLS) {
            now = Arrays.copyOf(now, now.length * 2);
        }
        int cell = row * CELLS;
        now[cell] = baseOffset;
        now[cell + 1] = endOffset;
        now[cell + 2] = timestampMs;
        now[cell + 3] = position;
        now[cell + 4] = length;
        cells = now;
        if (row == 0 || endOffset(row - 1) != baseOffset) {
            runStart = baseOffset;
        }
        long sum = bytes + length;
        bytes = sum;
        maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
        count = row + 1;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public long baseOffset(int row) {
        return cells[row * CELLS];
    }

    @Override
    public long endOffset(int row) {
        return cells[row * CELLS + 1];
    }

    @Override
    public long maxTimestampMs(int row) {
        return cells[row * CELLS + 2];
    }

    @Override
    public long position(int row) {
        return cells[row * CELLS + 3];
    }

    @Override
    public int length(int row) {
        return (int) cells[row * CELLS + 4];
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public long maxTimestampMs() {
        return maxTimestampMs;
    }

    @Override
    public long runStart() {
        return runStart;
    }
}
