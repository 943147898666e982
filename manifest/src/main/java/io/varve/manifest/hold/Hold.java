// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.hold;

import io.varve.manifest.key.BucketKeys;
import java.util.List;

/// Somebody needs old objects for a while: a borrower of segments, an undelete. Immutable.
///
/// @param who names the marker
/// @param reason, createdAtMs for people
/// @param keys objects that stay
/// @param partitions manifest versions that stay with all that they name
public record Hold(
        String who,
        String reason,
        long createdAtMs,
        List<String> keys,
        List<NamedManifest> partitions) {
    public Hold {
        keys = List.copyOf(keys);
        partitions = List.copyOf(partitions);
    }

    /// The key of the marker.
    public String key() {
        return BucketKeys.holds(who);
    }

    /// What it keeps.
    public Marker asMarker() {
        return new Marker(key(), keys, partitions);
    }
}
