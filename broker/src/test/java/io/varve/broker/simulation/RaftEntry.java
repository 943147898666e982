// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// An entry of a replica's Raft log: a frame's table, or what a leader begins with. A frame's bytes
/// are in the shard log only. Immutable.
record RaftEntry(long term, long index, @Nullable ByteBuffer table) {
    boolean isFrame() {
        return table != null;
    }

    ByteBuffer tableBytes() {
        if (table == null) {
            throw new IllegalStateException("no frame: index=" + index);
        }
        return table.asReadOnlyBuffer();
    }
}
