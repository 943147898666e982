// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

/// Who asks a bucket for something, the most urgent first: a journal bounds what a disaster costs,
/// somebody waits for a read, everything else has time.
public enum Priority {
    /// Journals, and whether this broker's generation is still the cluster's.
    JOURNAL,
    /// Cold reads of consumers, and what a shard needs to open.
    READ,
    /// Segments, checkpoints, manifests, deletions, scans.
    BACKGROUND
}
