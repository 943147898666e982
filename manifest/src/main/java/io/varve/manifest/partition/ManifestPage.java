// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;

/// Older rows of a partition's manifest, moved out of it into an object of their own. Put once,
/// named by a manifest afterwards, never changed. Immutable.
///
/// @param random part of its key: two leaders that move the same rows never meet under one name
public record ManifestPage(String topicName, PartitionId id, SegmentRun rows, long random) {
    public ManifestPage {
        if (rows.rows() == 0) {
            throw new IllegalArgumentException("page without rows: partition=" + id);
        }
    }

    /// The key of the object.
    String key() {
        return BucketKeys.page(topicName, id, rows.baseOffset(), rows.endOffset(), random);
    }

    /// What a manifest says of it. Encodes it: not for free.
    public PageRef ref() {
        byte[] document = PageCodec.encode(this);
        return new PageRef(
                rows.baseOffset(),
                rows.endOffset(),
                random,
                document.length,
                PageCodec.crc(document),
                rows.entries().size(),
                rows.bytes(),
                rows.entries().stream().mapToLong(SegmentEntry::recordCount).sum(),
                rows.entries().stream().mapToLong(SegmentEntry::maxTimestampMs).max().orElse(-1));
    }
}
