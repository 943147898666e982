// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import java.nio.ByteBuffer;
import java.util.Optional;

/// Blocks on local disk. Nothing is promised: what was given may be gone, or come back damaged.
/// Thread-safe.
interface DiskBlocks {
    boolean contains(BlockKey key);

    /// Bytes `[from, from + length)` of a block, unchecked, in a buffer of their own; empty when
    /// the block is not here.
    Optional<ByteBuffer> read(BlockKey key, int from, int length);

    /// Takes the blocks of an answer, if it can. Does not block.
    void keep(Arrived arrived);

    /// Whether what is given will be here when memory has dropped it.
    boolean keepsUp();

    /// Forgets a block whose bytes turned out to be wrong.
    void drop(BlockKey key);

    /// Bytes of what is here.
    long bytes();

    /// For a bucket on the same file system: a copy beside the original would save nothing.
    record None() implements DiskBlocks {
        @Override
        public boolean contains(BlockKey key) {
            return false;
        }

        @Override
        public Optional<ByteBuffer> read(BlockKey key, int from, int length) {
            return Optional.empty();
        }

        @Override
        public void keep(Arrived arrived) {}

        @Override
        public boolean keepsUp() {
            return false;
        }

        @Override
        public void drop(BlockKey key) {}

        @Override
        public long bytes() {
            return 0;
        }
    }
}
