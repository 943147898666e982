// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;

/// A segment object that is part of a partition. Its key follows from topic, partition and these
/// parts.
///
/// @param baseOffset first offset, of the object and of what the manifest serves from it
/// @param endOffset end of what the manifest serves from it (clippedEnd is below the object's end
///   after a restore)
/// @param objectEndOffset the end that the object's own name says
/// @param generation, madeForVersion, random further parts of the key
/// @param bytes size of the whole object
/// @param indexCrc CRC32C of the pack's index, so that an object swapped with another is noticed
public record SegmentEntry(
        long baseOffset,
        long endOffset,
        long objectEndOffset,
        int generation,
        long madeForVersion,
        long random,
        long bytes,
        long maxTimestampMs,
        long recordCount,
        int indexCrc,
        boolean compacted) {
    public SegmentEntry {
        if (baseOffset < 0 || endOffset <= baseOffset || objectEndOffset < endOffset) {
            throw new IllegalArgumentException(
                    "bad segment: base="
                            + baseOffset
                            + ", end="
                            + endOffset
                            + ", objectEnd="
                            + objectEndOffset);
        }
    }

    /// The key of the object.
    public String key(String topicName, PartitionId partition) {
        return BucketKeys.segment(
                topicName,
                partition,
                baseOffset,
                objectEndOffset,
                generation,
                madeForVersion,
                random);
    }

    /// The same object, served up to `endOffset` only.
    public SegmentEntry clippedAt(long endOffset) {
        return new SegmentEntry(
                baseOffset,
                endOffset,
                objectEndOffset,
                generation,
                madeForVersion,
                random,
                bytes,
                maxTimestampMs,
                recordCount,
                indexCrc,
                compacted);
    }
}
