// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import java.util.Map;

/// What a flush reached.
///
/// @param endIndex everything below this Raft index is in the bucket
/// @param journaledEnds end of what journals hold, by partition
public record Flushed(long endIndex, Map<PartitionId, Long> journaledEnds) {
    public Flushed {
        journaledEnds = Map.copyOf(journaledEnds);
    }
}
