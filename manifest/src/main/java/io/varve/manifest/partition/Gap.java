// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

/// Offsets of a partition that no object holds, and why.
public record Gap(long baseOffset, long endOffset, Reason reason) {
    /// Why the offsets are not there.
    public enum Reason {
        /// Compaction removed every record.
        COMPACTED,
        /// An operator or retention removed them in the middle.
        DELETED,
        /// They were lost, or left unused behind a restored end.
        LOST
    }

    public Gap {
        if (baseOffset < 0 || endOffset <= baseOffset) {
            throw new IllegalArgumentException(
                    "bad gap: base=" + baseOffset + ", end=" + endOffset);
        }
    }
}
