// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.broker.shard.AppendTicket;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/// The partitions of `__consumer_offsets`, by number, as the coordinator uses them. Thread-safe;
/// nothing blocks.
interface OffsetsLog {
    /// Number of partitions; empty while the topic does not exist.
    OptionalInt partitionCount();

    /// The leader epoch under which this broker may write and vouch for a partition now; empty when
    /// it may not.
    OptionalInt writableEpoch(int partition);

    /// Where a partition starts and ends here; empty when it is not open here.
    Optional<Ends> ends(int partition);

    /// Appends batches of the coordinator, refused unless the partition's leader epoch is this one.
    /// The buffer may be used again once `assigned` completes.
    AppendTicket append(
            int partition, ByteBuffer batches, int leaderEpoch, short transactionVersion);

    /// Committed batches: see [OffsetsReader#read].
    CompletableFuture<ByteBuffer> read(int partition, long offset, int maxBytes);

    /// A partition's ends; `leaderEpoch` is read after the others: while it is the elected one,
    /// what they say was applied in no later term.
    record Ends(long logStart, long highWatermark, long appendedEnd, int leaderEpoch) {}
}
