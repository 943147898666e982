// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.nio.ByteBuffer;
import java.util.List;

/// What a frame holds and when: everything that apply needs, without the bytes. Goes into Raft's
/// entry and into the shard log alike. Immutable.
///
/// @param writerTerm the term for which the writer was opened: in an entry of another term the
///   frame counts for nothing
/// @param leaderTimeMs the leader's time, UTC
public record FrameTable(long writerTerm, long leaderTimeMs, List<Slice> slices) {
    public static final int SLICES_MAX = 400;
    public static final int BATCHES_MAX = 4_096;

    public FrameTable {
        slices = List.copyOf(slices);
    }

    /// Bytes of the body that the slices name.
    public int bodyBytes() {
        int bytes = 0;
        for (Slice slice : slices) {
            if (slice instanceof DataSlice data) {
                bytes = Math.max(bytes, data.position() + data.length());
            }
        }
        return bytes;
    }

    public ByteBuffer encode() {
        return FrameTableCodec.encode(this);
    }

    /// @param bytes exactly one table between position and limit; left alone
    /// @throws io.varve.manifest.CorruptObjectException the bytes are no table
    public static FrameTable decode(ByteBuffer bytes) {
        return FrameTableCodec.decode(bytes);
    }
}
