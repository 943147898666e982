// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.manifest.hold.NamedManifest;
import java.util.List;
import java.util.Map;

/// What restore points and holds keep. Immutable.
///
/// @param markers by the key of an object that one names
/// @param partitions manifest versions that stay with all they name
/// @param allUnknown a marker cannot be read: whatever is there may be kept
record Kept(
        Map<String, String> markers,
        Map<PartitionId, List<NamedBy>> partitions,
        boolean allUnknown) {
    /// A manifest version and who names it.
    record NamedBy(NamedManifest manifest, String marker) {}

    Kept {
        markers = Map.copyOf(markers);
        partitions = Map.copyOf(partitions);
    }

    boolean keeps(String key) {
        return allUnknown || markers.containsKey(key);
    }

    List<NamedBy> of(PartitionId id) {
        return partitions.getOrDefault(id, List.of());
    }
}
