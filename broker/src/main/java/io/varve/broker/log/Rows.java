// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

/// Rows of one partition in one file, by offset: a row is one committed slice. Thread-safe; counts
/// only grow.
interface Rows {
    int count();

    long baseOffset(int row);

    long endOffset(int row);

    long maxTimestampMs(int row);

    long position(int row);

    int length(int row);

    /// Of all rows.
    long bytes();

    /// Of all rows.
    long maxTimestampMs();

    /// Base offset from which on there is no hole up to the last row.
    long runStart();

    default HotRange range(int row, long file) {
        return new HotRange(
                baseOffset(row),
                endOffset(row),
                maxTimestampMs(row),
                file,
                position(row),
                length(row));
    }

    /// The first row that ends behind `offset`, or [#count] when there is none.
    default int firstEndingBehind(long offset) {
        int low = 0;
        int high = count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (endOffset(middle) > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
