// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

/// What state depends on, of one record batch: taken from its header (and, for a control batch, its
/// marker). Fixed width, so that a frame's table carries it and apply never reads the bytes.
///
/// @param sizeInBytes length of the whole batch
/// @param recordCount last offset delta + 1
/// @param producerId, producerEpoch, baseSequence as in the batch, -1 when not idempotent
/// @param kind data, or which marker
/// @param coordinatorEpoch of a marker, else -1
public record BatchFacts(
        long baseOffset,
        int recordCount,
        int sizeInBytes,
        long maxTimestampMs,
        long producerId,
        short producerEpoch,
        int baseSequence,
        boolean transactional,
        Kind kind,
        int coordinatorEpoch) {

    /// What a batch is.
    public enum Kind {
        DATA,
        COMMIT_MARKER,
        ABORT_MARKER
    }

    /// First offset behind the batch.
    public long endOffset() {
        return baseOffset + recordCount;
    }

    public boolean hasProducer() {
        return producerId >= 0;
    }

    /// Sequence of the last record; sequences wrap from Integer.MAX_VALUE to 0.
    public int lastSequence() {
        if (baseSequence < 0) {
            return baseSequence;
        }
        long last = (long) baseSequence + recordCount - 1;
        return (int) (last > Integer.MAX_VALUE ? last - Integer.MAX_VALUE - 1 : last);
    }
}
