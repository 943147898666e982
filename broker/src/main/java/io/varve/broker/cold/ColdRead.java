// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.state.AbortedTxn;
import java.nio.ByteBuffer;
import java.util.List;

/// What a read from the bucket found.
public sealed interface ColdRead {
    /// Whole batches, the first one holding the offset or the next one that exists.
    ///
    /// @param parts the bytes, in order; a batch may lie across two parts. Shared with others:
    ///   never written to
    /// @param firstOffset base offset of the first batch
    /// @param endOffset end of the last batch, exclusive
    /// @param aborted every aborted transaction that touches them
    record Found(List<ByteBuffer> parts, long firstOffset, long endOffset, List<AbortedTxn> aborted)
            implements ColdRead {
        public Found {
            parts = List.copyOf(parts);
            aborted = List.copyOf(aborted);
        }

        /// Bytes of all parts.
        public int bytes() {
            return parts.stream().mapToInt(ByteBuffer::remaining).sum();
        }
    }

    /// The bucket has nothing from the offset up to here (a hole, or the end of what is there):
    /// read on at `nextOffset`, which is larger than the offset or on local disk.
    record Nothing(long nextOffset) implements ColdRead {}
}
