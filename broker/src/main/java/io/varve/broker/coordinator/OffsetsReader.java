// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.manifest.PartitionId;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/// Reads committed record batches of a partition, from local disk or from the bucket. Thread-safe;
/// nothing blocks.
@FunctionalInterface
public interface OffsetsReader {
    /// Whole batches, of which the first holds `offset` or is the next one behind it, up to the
    /// high watermark.
    ///
    /// @param maxBytes about how much; at least one batch is given whatever its size
    /// @return completes with the batches, empty when nothing is committed at or behind `offset`;
    ///   fails when they cannot be read
    CompletableFuture<ByteBuffer> read(PartitionId id, long offset, int maxBytes);
}
