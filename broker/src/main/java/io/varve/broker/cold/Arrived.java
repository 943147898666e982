// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import java.nio.ByteBuffer;
import java.util.List;

/// One answer of the bucket, or one read from disk.
///
/// @param position in the object where the bytes begin
/// @param bytes from their position on; never changed
/// @param blocks of it that may be used: chunks that were checked, or the whole of a small object
record Arrived(long position, ByteBuffer bytes, List<BlockKey> blocks) {
    Arrived {
        blocks = List.copyOf(blocks);
    }

    static Arrived of(BlockKey block, ByteBuffer bytes) {
        return new Arrived(block.position(), bytes, List.of(block));
    }

    ByteBuffer block(BlockKey key) {
        return bytes.slice(
                bytes.position() + Math.toIntExact(key.position() - position), key.length());
    }

    /// What it takes to hold on to any of it.
    int heldBytes() {
        return bytes.capacity();
    }
}
