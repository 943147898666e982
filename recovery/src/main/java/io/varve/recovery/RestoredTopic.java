// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// A topic whose records are in the bucket under a new id, and that no cluster knows yet: what
/// opens it. Immutable.
///
/// @param generation of the cluster that is to open it
/// @param fromName, fromId the topic whose records they are
/// @param configs its own settings
/// @param partitions all of them, by number
public record RestoredTopic(
        String name,
        Uuid id,
        int generation,
        String fromName,
        Uuid fromId,
        SortedMap<String, String> configs,
        List<Partition> partitions) {

    /// One partition; all its records are in segment objects.
    ///
    /// @param baseEpoch leader epochs of new records are above it, all others are below
    /// @param manifest the version that names the segments; none when there are no records
    /// @param epochs leader epochs with their first offsets
    /// @param records, bytes, segments what was written
    /// @param aborted how many transactions were open at the end, and end with a marker now
    public record Partition(
            PartitionId id,
            int baseEpoch,
            long logStart,
            long endOffset,
            ManifestRef manifest,
            List<EpochStart> epochs,
            long records,
            long bytes,
            int segments,
            int aborted) {
        public Partition {
            epochs = List.copyOf(epochs);
        }
    }

    public RestoredTopic {
        configs = Collections.unmodifiableSortedMap(new TreeMap<>(configs));
        partitions = List.copyOf(partitions);
    }

    public long records() {
        return partitions.stream().mapToLong(Partition::records).sum();
    }

    public long bytes() {
        return partitions.stream().mapToLong(Partition::bytes).sum();
    }
}
