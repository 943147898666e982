// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import java.util.OptionalLong;

/// What the topic's configuration asks of the archiver, as it is now. Thread-safe.
public interface ArchivePolicies {
    /// @return the policy of a partition's topic; a default one when the topic is not known (any
    ///   more)
    Policy of(PartitionId partition);

    /// @param retentionMs, retentionBytes over both tiers; empty = unlimited. Bytes are per
    ///   partition, as in Kafka
    /// @param segmentBytes, segmentAgeMs when a segment object is due
    /// @param paused no new segment objects; journals go on
    /// @param deletes false for topics that are only compacted: retention does not apply
    record Policy(
            OptionalLong retentionMs,
            OptionalLong retentionBytes,
            long segmentBytes,
            long segmentAgeMs,
            boolean paused,
            boolean deletes) {}
}
