// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import org.jspecify.annotations.Nullable;

/// A pack in the bucket, as whoever names it knows it.
///
/// @param bytes size of the object
/// @param indexCrc checksum of its index; null when the name does not tell it (journals)
record PackRef(String key, long bytes, @Nullable Integer indexCrc) {
    static PackRef of(PartitionManifest manifest, SegmentEntry entry) {
        return new PackRef(
                entry.key(manifest.topicName(), manifest.id()), entry.bytes(), entry.indexCrc());
    }

    static PackRef of(JournalRef journal) {
        return new PackRef(journal.key(), journal.bytes(), null);
    }

    /// Small enough to be fetched whole.
    boolean isSmall() {
        return bytes <= ColdLimits.WHOLE_OBJECT_BYTES_MAX;
    }
}
