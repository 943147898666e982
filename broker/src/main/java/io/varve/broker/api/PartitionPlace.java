// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import java.util.OptionalInt;
import org.apache.kafka.common.protocol.Errors;

/// Where a partition is served, seen from this broker.
sealed interface PartitionPlace {
    /// This broker leads it and may answer.
    record Here(Shard shard, PartitionView view) implements PartitionPlace {}

    /// Somebody else leads it, or nobody yet.
    ///
    /// @param leader node id, if known
    /// @param leaderEpoch the newest known, or empty
    record Elsewhere(OptionalInt leader, OptionalInt leaderEpoch) implements PartitionPlace {}

    /// There is no such partition, or no such topic id.
    record Unknown(Errors error) implements PartitionPlace {}
}
