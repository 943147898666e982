// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.manifest.PartitionId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/// Where fetches wait until there is something to read. Thread-safe; does not block.
@FunctionalInterface
public interface FetchParking {
    /// A future that completes with true when one of the partitions advances or is closed, with
    /// false when the time is over; soon, and with true, when too many wait already. It may
    /// complete on threads that must not be blocked.
    ///
    /// Completing it otherwise gives up the place.
    CompletableFuture<Boolean> park(Set<PartitionId> partitions, Duration atMost);
}
