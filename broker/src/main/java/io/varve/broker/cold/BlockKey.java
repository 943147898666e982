// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.pack.PackSection;

/// What is fetched and cached as one: a chunk of a large object, or the whole of a small one.
///
/// @param position of its first byte in the object
record BlockKey(String object, long position, int length) {
    static BlockKey whole(PackRef pack) {
        return new BlockKey(pack.key(), 0, Math.toIntExact(pack.bytes()));
    }

    /// The block that holds a chunk.
    static BlockKey of(PackRef pack, PackSection section, int chunk) {
        return pack.isSmall()
                ? whole(pack)
                : new BlockKey(pack.key(), positionOf(section, chunk), section.chunkLength(chunk));
    }

    /// Where a chunk starts in its object.
    static long positionOf(PackSection section, int chunk) {
        return section.position() + (long) chunk * section.chunkBytes();
    }

    long end() {
        return position + length;
    }
}
