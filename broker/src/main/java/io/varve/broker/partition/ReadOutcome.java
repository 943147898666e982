// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.network.OutgoingRecords;
import io.varve.manifest.state.AbortedTxn;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/// What came of reading a partition at an offset.
public sealed interface ReadOutcome {
    /// Whole batches, the first one holding the offset (or the next one that exists). The receiver
    /// sends or releases them.
    ///
    /// @param endOffset end of the last batch, exclusive: where to read on
    /// @param aborted aborted transactions that touch them, for `read_committed`; else empty
    record Ready(OutgoingRecords records, long endOffset, List<AbortedTxn> aborted)
            implements ReadOutcome {
        public Ready {
            aborted = List.copyOf(aborted);
        }
    }

    /// The bytes are on their way from the bucket: read again when the future completes, in
    /// whatever way. A failure is told by that next read. Giving up the wait does not stop the
    /// load.
    record Pending(CompletableFuture<?> loaded) implements ReadOutcome {}

    /// There is nothing to read yet: the offset is the end of what this reader may see (or the
    /// batch there is larger than `maxBytes`, and the reader wants it only if it fits).
    record AtEnd() implements ReadOutcome {}

    /// The offset is outside `[startOffset, endOffset]`.
    record OutOfRange(long startOffset, long endOffset) implements ReadOutcome {}

    /// It could not be read; the message names the object or file, for the log.
    record Failed(Errors error, String message) implements ReadOutcome {}
}
