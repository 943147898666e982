// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.shard.PartitionView;
import java.util.concurrent.CompletableFuture;

/// A partition's log over both tiers, as Fetch and ListOffsets read it. Thread-safe. Reads may
/// touch the local disk; they never wait for the bucket.
public interface PartitionReads {
    /// Batches from an offset on, at most `maxBytes` of them.
    ///
    /// @param committedOnly `read_committed`: ends at the last stable offset, tells aborted
    ///   transactions
    /// @param oneBatchAtLeast the first batch is given even when it is larger than `maxBytes`
    ReadOutcome read(
            PartitionView partition,
            long offset,
            int maxBytes,
            boolean committedOnly,
            boolean oneBatchAtLeast);

    /// ListOffsets: by time (>= 0), or one of Kafka's special timestamps -1 to -6. The future does
    /// not fail; it may complete on threads that must not be blocked.
    CompletableFuture<OffsetAnswer> lookUp(
            PartitionView partition, long timestamp, boolean committedOnly);
}
