// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.shard.PartitionView;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

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

    /// ListOffsets: by time (>= 0), or one of Kafka's special timestamps -1 to -5.
    CompletableFuture<Lookup> lookUp(
            PartitionView partition, long timestamp, boolean committedOnly);

    /// What a look-up found.
    sealed interface Lookup {
        /// @param timestampMs of the record found; -1 for the special timestamps that name a border
        /// @param leaderEpoch of the offset, -1 when not known
        record Found(long timestampMs, long offset, int leaderEpoch) implements Lookup {}

        /// No record is that late, or that border does not exist.
        record None() implements Lookup {}

        record Failed(Errors error, String message) implements Lookup {}
    }
}
