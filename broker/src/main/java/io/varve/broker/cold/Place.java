// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.pack.PackSection;

/// Where an offset is in the bucket.
sealed interface Place {
    /// In a section of a pack.
    ///
    /// @param fromOffset the offset, or the first one behind the hole in which it lies
    /// @param endOffset end of what is served from this section
    /// @param fromSegment the section's list of aborted transactions is complete
    record InSection(
            PackRef pack, PackSection section, long fromOffset, long endOffset, boolean fromSegment)
            implements Place {}

    /// In no object: a hole that ends at `nextOffset`.
    record Hole(long nextOffset) implements Place {}
}
