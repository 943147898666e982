// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.hold;

import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.state.PartitionState.ManifestRef;

/// A manifest version that a marker keeps, with all that it names: pages, segments, and the
/// segments that its pages name.
public record NamedManifest(String topicName, PartitionId id, ManifestRef manifest) {
    /// The key of the version.
    public String key() {
        return BucketKeys.manifest(topicName, id, manifest.generation(), manifest.version());
    }
}
