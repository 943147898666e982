// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.PartitionId;
import java.util.OptionalLong;

/// How much of a partition stays on local disk, by its topic's configuration as it is now.
/// Thread-safe.
public interface LocalRetention {
    Policy of(PartitionId partition);

    /// Whether the disk is so full that everything below the floor should go.
    boolean underPressure();

    /// @param ms, bytes beyond which archived records leave the local disk (`local.retention.ms`,
    ///   `local.retention.bytes`); empty = keep
    record Policy(OptionalLong ms, OptionalLong bytes) {
        public static final Policy KEEP = new Policy(OptionalLong.empty(), OptionalLong.empty());
    }
}
