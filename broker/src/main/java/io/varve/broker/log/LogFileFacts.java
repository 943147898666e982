// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import java.util.List;

/// A file that may be freed as far as its frames go, for the policy to judge. Immutable.
///
/// @param number of the file; smaller is older
/// @param highestIndex Raft index, dead frames included; -1 when it has none
/// @param bytes on disk
/// @param partitions what it holds, by partition
public record LogFileFacts(
        long number, long highestIndex, long bytes, List<PartitionPart> partitions) {
    public LogFileFacts {
        partitions = List.copyOf(partitions);
    }

    /// One partition's rows in the file.
    public record PartitionPart(
            PartitionId id, long baseOffset, long endOffset, long maxTimestampMs, long bytes) {}
}
