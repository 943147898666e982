// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A committed Raft entry, for the journaler. Immutable.
///
/// @param frame where its frame is, or null when the entry is none of ours
/// @param table the slices that count, or null when there is no frame
public record CommittedEntry(
        long term, long index, @Nullable FrameLocation frame, @Nullable FrameTable table) {

    public Optional<FrameLocation> location() {
        return Optional.ofNullable(frame);
    }

    public Optional<FrameTable> kept() {
        return Optional.ofNullable(table);
    }
}
