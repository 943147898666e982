// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.shard.PartitionView;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What a partition has on local disk, as rows of the shard log. Thread-safe; touches the local
/// disk only.
public interface HotReads {
    /// Rows that follow one another without a hole, from the one that holds `offset` on, until
    /// their bytes reach `maxBytes`, but at least that one. The caller closes each.
    ///
    /// @return empty when local disk does not hold the offset (any more)
    List<HotRow> rowsFrom(PartitionView partition, long offset, long maxBytes) throws IOException;

    /// Base offset of the first row that ends behind `fromOffset` and has a record at or after a
    /// time.
    OptionalLong rowAtTime(PartitionView partition, long fromOffset, long timestampMs);

    /// The first row that ends behind `fromOffset` with the largest timestamp of those.
    Optional<RowTime> latestRow(PartitionView partition, long fromOffset);

    /// A row and its largest timestamp.
    record RowTime(long baseOffset, long endOffset, long maxTimestampMs) {}
}
