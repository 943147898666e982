// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.BatchFacts;
import java.util.List;

/// Consecutive record batches of one partition inside a frame's body. Immutable.
///
/// @param position, length where the batches are in the body, in bytes
/// @param batches what state depends on, so that apply never reads the body; offsets are dense
public record DataSlice(
        PartitionId id, int leaderEpoch, int position, int length, List<BatchFacts> batches)
        implements Slice {
    public DataSlice {
        batches = List.copyOf(batches);
        if (batches.isEmpty() || position < 0 || length <= 0 || leaderEpoch < 0) {
            throw new IllegalArgumentException(
                    "bad slice: partition="
                            + id
                            + ", position="
                            + position
                            + ", length="
                            + length
                            + ", batches="
                            + batches.size()
                            + ", leaderEpoch="
                            + leaderEpoch);
        }
        for (int i = 1; i < batches.size(); i++) {
            if (batches.get(i).baseOffset() != batches.get(i - 1).endOffset()) {
                throw new IllegalArgumentException(
                        "hole inside slice: partition="
                                + id
                                + ", end="
                                + batches.get(i - 1).endOffset()
                                + ", nextBase="
                                + batches.get(i).baseOffset());
            }
        }
    }

    public long baseOffset() {
        return batches.getFirst().baseOffset();
    }

    /// First offset behind the slice.
    public long endOffset() {
        return batches.getLast().endOffset();
    }

    public long maxTimestampMs() {
        return batches.stream().mapToLong(BatchFacts::maxTimestampMs).max().orElse(-1);
    }
}
