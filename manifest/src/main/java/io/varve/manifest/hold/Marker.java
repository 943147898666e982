// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.hold;

import java.util.List;

/// What a restore point or a hold keeps. Immutable.
///
/// @param key of the marker
/// @param keys objects that stay
/// @param partitions manifest versions that stay with all that they name
public record Marker(String key, List<String> keys, List<NamedManifest> partitions) {
    public Marker {
        keys = List.copyOf(keys);
        partitions = List.copyOf(partitions);
    }
}
