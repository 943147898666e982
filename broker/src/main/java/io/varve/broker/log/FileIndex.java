// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is committed of one file: its Raft entries by index, and its rows by partition.
sealed interface FileIndex permits OpenIndex, MappedIndex {
    /// One committed Raft entry.
    ///
    /// @param frame where it is, or null when the entry is not a frame of ours
    /// @param kept which slices of the frame count, or null when all do
    record Entry(long term, long index, @Nullable FrameLocation frame, @Nullable BitSet kept) {}

    int entryCount();

    /// @param at below [#entryCount]
    Entry entry(int at);

    long indexAt(int at);

    /// Index of the last entry, -1 when there is none.
    default long lastIndex() {
        int count = entryCount();
        return count == 0 ? -1 : indexAt(count - 1);
    }

    default Optional<Entry> entryOf(long index) {
        int low = 0;
        int high = entryCount() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long there = indexAt(middle);
            if (there < index) {
                low = middle + 1;
            } else if (there > index) {
                high = middle - 1;
            } else {
                return Optional.of(entry(middle));
            }
        }
        return Optional.empty();
    }

    Optional<Rows> rows(PartitionId id);

    /// In order.
    List<PartitionId> partitions();
}
