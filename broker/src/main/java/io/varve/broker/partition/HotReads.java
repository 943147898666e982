// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.shard.PartitionView;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What a partition has on local disk, as rows of the shard log. Thread-safe; touches the local
/// disk only.
public interface HotReads {
    /// Consecutive batches of one partition in a file: committed, and on disk.
    ///
    /// @param channel shared by all readers: never closed by them
    record Row(
            long baseOffset,
            long endOffset,
            long maxTimestampMs,
            FileChannel channel,
            long position,
            int length) {}

    /// Rows that follow one another without a hole, and the lease that keeps their files from being
    /// overwritten.
    ///
    /// @param release gives up the lease; called once, when no byte is read any more
    record Rows(List<Row> rows, Runnable release) {
        public Rows {
            rows = List.copyOf(rows);
        }
    }

    /// Rows from the one that holds `offset` on, up to `maxBytes` in all, but at least that one.
    /// Empty when local disk does not hold the offset (any more).
    Optional<Rows> rowsFrom(PartitionView partition, long offset, int maxBytes);

    /// Base offset of the first row that ends behind `fromOffset` and has a record at or after a
    /// time.
    OptionalLong rowAtTime(PartitionView partition, long fromOffset, long timestampMs);

    /// Base offset of the first row with the largest timestamp of all rows that end behind
    /// `fromOffset`.
    OptionalLong rowAtMaxTime(PartitionView partition, long fromOffset);
}
