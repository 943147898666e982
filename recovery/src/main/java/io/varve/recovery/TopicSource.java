// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A topic that a bucket holds, alive or deleted, as it could be brought back: by itself, into a
/// running cluster. Immutable.
///
/// @param topic its partitions, all of them, by number; those of a deleted topic are of origin
///   `DELETED`
/// @param deletedAt when its first partition was closed; empty while it is alive, or when its
///   deletion is not carried out yet
/// @param deleted whether its topic was deleted
/// @param findings what is not as it should be, of this topic
public record TopicSource(
        TopicPlan topic, boolean deleted, Optional<Instant> deletedAt, List<Finding> findings) {
    public TopicSource {
        findings = List.copyOf(findings);
    }

    /// Findings that say that something cannot come back as it was.
    public List<Finding> lost() {
        return findings.stream().filter(Finding::isLoss).toList();
    }

    /// Bytes that a restore of this topic reads, and about what it writes.
    public long bytes() {
        return topic.partitions().stream()
                .mapToLong(plan -> plan.archivedBytes() + plan.journaledBytes())
                .sum();
    }
}
