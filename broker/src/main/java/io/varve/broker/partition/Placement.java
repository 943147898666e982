// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.shard.PartitionView;

/// Where an offset of a partition is served from.
public sealed interface Placement {
    /// Local disk.
    record Hot() implements Placement {}

    /// Journals in the bucket: committed, no longer on local disk, not yet in segments.
    record Journal() implements Placement {}

    /// Segment objects in the bucket.
    record Cold() implements Placement {}

    /// Nothing is there yet: between what the reader may see and what was appended.
    record AtEnd() implements Placement {}

    /// The offset is outside `[startOffset, endOffset]`.
    record OutOfRange(long startOffset, long endOffset) implements Placement {}

    /// Places an offset for a reader who sees the log up to `visibleEnd` (exclusive).
    static Placement of(PartitionView partition, long offset, long visibleEnd) {
        long start = partition.logStart();
        long hotStart = partition.hotStart();
        if (offset < start || offset > partition.appendedEnd()) {
            return new OutOfRange(start, partition.highWatermark());
        } else if (offset >= visibleEnd) {
            return new AtEnd();
        } else if (offset >= hotStart) {
            return new Hot();
        }
        return offset >= partition.archivedEnd() ? new Journal() : new Cold();
    }
}
