// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// What an audit found. Immutable.
///
/// @param clusterId null when nothing readable tells it
/// @param startedAt, finishedAt by the store's clock
/// @param objects, bytes objects that were looked at, and how large they are together
/// @param requests, bytesRead what it cost
/// @param findings worst first; the first [#FINDINGS_MAX], notes included
/// @param counts all findings by kind
public record AuditReport(
        String bucket,
        @Nullable String clusterId,
        AuditLevel level,
        Instant startedAt,
        Instant finishedAt,
        long objects,
        long bytes,
        long requests,
        long bytesRead,
        List<AuditFinding> findings,
        SortedMap<String, Long> counts) {
    /// More are counted only.
    public static final int FINDINGS_MAX = 10_000;

    public AuditReport {
        findings = List.copyOf(findings);
    }

    /// Whether nothing is wrong: there may be notes.
    public boolean isClean() {
        return findings.stream().noneMatch(AuditFinding::isBad);
    }
}
