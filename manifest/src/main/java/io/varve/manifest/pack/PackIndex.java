// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.PartitionId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What a pack says of itself: its facts and its sections, at most one per partition. Immutable.
///
/// @param indexCrc CRC32C of the index: tells two objects apart that have the same name or size
/// @param objectBytes size of the whole object
public record PackIndex(
        PackFacts facts, List<PackSection> sections, int indexCrc, long objectBytes) {
    public PackIndex {
        sections = List.copyOf(sections);
        Set<PartitionId> seen = new HashSet<>();
        for (PackSection section : sections) {
            if (!seen.add(section.partition())) {
                throw new IllegalArgumentException(
                        "two sections of one partition: partition=" + section.partition());
            }
        }
    }

    /// The section of a partition; a search through all sections (see [#byPartition] for many
    /// look-ups).
    public Optional<PackSection> section(PartitionId partition) {
        return sections.stream()
                .filter(section -> section.partition().equals(partition))
                .findFirst();
    }

    /// All sections by partition.
    public Map<PartitionId, PackSection> byPartition() {
        Map<PartitionId, PackSection> byPartition = HashMap.newHashMap(sections.size());
        sections.forEach(section -> byPartition.put(section.partition(), section));
        return byPartition;
    }
}
