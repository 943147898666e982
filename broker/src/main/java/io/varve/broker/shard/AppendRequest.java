// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.PartitionId;
import java.nio.ByteBuffer;

/// Record batches for one partition. The buffer is read, never written, until the ticket's
/// `assigned` completes; from then on it belongs to the caller again.
///
/// @param batches whole record batches between the buffer's position and limit
/// @param expectedLeaderEpoch the append is refused unless the partition's epoch is this one, or
///   [#ANY_EPOCH]
/// @param transactionVersion of a transaction marker (2: the marker's epoch must be new), else 0
public record AppendRequest(
        PartitionId id,
        ByteBuffer batches,
        Acks acks,
        Origin origin,
        AppendRules rules,
        int expectedLeaderEpoch,
        short transactionVersion) {
    public static final int ANY_EPOCH = -1;

    public AppendRequest(
            PartitionId id, ByteBuffer batches, Acks acks, Origin origin, AppendRules rules) {
        this(id, batches, acks, origin, rules, ANY_EPOCH, (short) 0);
    }

    /// Bytes that wait in memory on behalf of this request.
    public int sizeInBytes() {
        return batches.remaining();
    }
}
