// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import java.util.List;

/// A consumer group and what it committed. Immutable.
///
/// @param offsets by topic and partition
public record GroupPlan(String group, List<CommittedOffset> offsets) {
    /// @param offset as it will be read after the restore
    /// @param committedOffset as it was committed: higher than `offset` when the records in between
    ///   are lost
    public record CommittedOffset(
            String topicName, int partition, long offset, long committedOffset) {
        /// Whether the restore lowers it.
        public boolean isLowered() {
            return offset < committedOffset;
        }
    }

    public GroupPlan {
        offsets = List.copyOf(offsets);
    }
}
