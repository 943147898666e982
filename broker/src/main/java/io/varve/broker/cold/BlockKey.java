// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.pack.PackSection;

/// A range of an object: a chunk of a section, or the whole of a small object.
///
/// @param position of its first byte in the object
record BlockKey(String object, long position, int length) {
    static BlockKey whole(PackRef pack) {
        return new BlockKey(pack.key(), 0, Math.toIntExact(pack.bytes()));
    }

    static BlockKey chunk(PackRef pack, PackSection section, int chunk) {
        return new BlockKey(pack.key(), positionOf(section, chunk), section.chunkLength(chunk));
    }

    /// What is fetched and written to disk as one to get at a chunk: the chunk, or the whole of a
    /// small object.
    static BlockKey fetched(PackRef pack, PackSection section, int chunk) {
        return pack.isSmall() ? whole(pack) : chunk(pack, section, chunk);
    }

    private static long positionOf(PackSection section, int chunk) {
        return section.position() + (long) chunk * section.chunkBytes();
    }

    /// Offset in the object behind it.
    long end() {
        return position + length;
    }
}
