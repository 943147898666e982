// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;

/// A page object that holds older rows of a manifest, and what a look-up must know of it before it
/// is read. Immutable.
///
/// @param baseOffset, endOffset what its rows cover
/// @param random further part of the key
/// @param bytes, crc size and checksum of the page's document
/// @param segments how many segment objects it names
/// @param segmentBytes bytes of all of them
/// @param records in all of them
/// @param maxTimestampMs of all of them, -1 when it names none
public record PageRef(
        long baseOffset,
        long endOffset,
        long random,
        long bytes,
        int crc,
        int segments,
        long segmentBytes,
        long records,
        long maxTimestampMs) {
    public PageRef {
        if (baseOffset < 0 || endOffset <= baseOffset || bytes <= 0 || segments < 0) {
            throw new IllegalArgumentException(
                    "bad page: base=" + baseOffset + ", end=" + endOffset + ", bytes=" + bytes);
        }
    }

    /// The key of the object.
    public String key(String topicName, PartitionId partition) {
        return BucketKeys.page(topicName, partition, baseOffset, endOffset, random);
    }
}
