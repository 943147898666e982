// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import java.util.List;
import java.util.OptionalLong;

/// What a partition remembers of one producer. Immutable.
///
/// @param batches the last batches of this epoch, oldest first, at most [#BATCHES_MAX]
/// @param coordinatorEpoch epoch of the transaction coordinator that wrote the last marker, or -1
///   as in Kafka
/// @param lastTimestampMs the leader's time at the last batch or marker (not the batch's own: Kafka
///   forgets producers that write old CreateTimes)
/// @param openTxnFirstOffset first offset of the open transaction
public record ProducerState(
        long producerId,
        short producerEpoch,
        int coordinatorEpoch,
        long lastTimestampMs,
        OptionalLong openTxnFirstOffset,
        List<ProducerBatch> batches) {
    /// As in Kafka (ProducerStateEntry.NUM_BATCHES_TO_RETAIN).
    public static final int BATCHES_MAX = 5;

    public ProducerState {
        batches = List.copyOf(batches);
        if (batches.size() > BATCHES_MAX) {
            throw new IllegalArgumentException(
                    "too many batches: producerId=" + producerId + ", n=" + batches.size());
        }
    }
}
