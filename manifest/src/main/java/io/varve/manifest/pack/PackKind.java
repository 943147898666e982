// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

/// What a pack is for.
public enum PackKind {
    /// All committed frames of a Raft index range, regrouped by partition.
    JOURNAL,
    /// Closes a shard's journal: no sections; nothing may follow.
    END,
    /// Several journals merged, only what is not in segment objects.
    ROLL_UP,
    /// A long run of one partition.
    SEGMENT
}
