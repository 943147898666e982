// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.PartitionId;
import java.nio.ByteBuffer;
import java.util.Set;

/// Hears what happens in a shard. No method may block or throw: they run on the shard's apply and
/// writer threads, and a slow listener holds up every partition of the shard.
public interface ShardListener {
    /// These partitions' high watermark, log start or archived end moved, or they were opened or
    /// closed. Apply thread.
    default void onApplied(Set<PartitionId> changed) {}

    /// The shard's leadership changed; calls come in order. `Ready` comes when the writer accepts
    /// appends. Loss is told when the speculative state is gone. Writer thread.
    default void onLeadership(Leadership leadership) {}

    /// Shard 0 only: committed record batches of `__cluster_metadata`, in order, without gaps, also
    /// those that are replayed at start. The buffer is valid during the call. Apply thread.
    default void onMetadataRecords(long baseOffset, long endOffset, ByteBuffer batches) {}

    /// Shard 0 only: the metadata starts anew from this checkpoint's records; what came before no
    /// longer counts. Comes once at start when there is a checkpoint, and again when one is
    /// installed. Start-up or apply thread.
    default void onMetadataReset(long endOffset, java.util.List<byte[]> records) {}
}
