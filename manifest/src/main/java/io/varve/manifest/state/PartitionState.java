// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import io.varve.manifest.PartitionId;
import java.util.List;

/// All that is known of one partition at one Raft index, besides its records. Immutable; written
/// into checkpoints.
///
/// @param topicName name at creation, for people and rebuilds
/// @param topicRecord the topic as JSON (partitions, configs), for rebuilds
/// @param baseEpoch leader epoch = baseEpoch + Raft term of the leader
/// @param logStart first offset that exists
/// @param archivedEnd end of what segment objects hold (exclusive); what was deleted counts as
///   archived
/// @param highWatermark end of what is committed (exclusive)
/// @param manifest newest manifest version known, or [ManifestRef#NONE] before the first
/// @param epochs sorted by epoch; start offsets never go back
/// @param aborted aborted transactions that end above archivedEnd, by marker offset (older ones are
///   in segment objects)
/// @param producers by producer id
public record PartitionState(
        PartitionId id,
        String topicName,
        String topicRecord,
        int baseEpoch,
        long logStart,
        long archivedEnd,
        long highWatermark,
        ManifestRef manifest,
        List<EpochStart> epochs,
        List<AbortedTxn> aborted,
        List<ProducerState> producers) {

    /// A manifest version; versions start at 1, 0 means that there is none.
    public record ManifestRef(int generation, long version) {
        public static final ManifestRef NONE = new ManifestRef(0, 0);

        public boolean exists() {
            return version > 0;
        }
    }

    public PartitionState {
        epochs = List.copyOf(epochs);
        aborted = List.copyOf(aborted);
        producers = List.copyOf(producers);
        if (logStart < 0
                || logStart > highWatermark
                || archivedEnd > highWatermark
                || archivedEnd < logStart) {
            throw new IllegalArgumentException(
                    "partition ends out of order: partition="
                            + id
                            + ", logStart="
                            + logStart
                            + ", archivedEnd="
                            + archivedEnd
                            + ", highWatermark="
                            + highWatermark);
        }
    }
}
