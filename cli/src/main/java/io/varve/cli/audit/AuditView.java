// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.audit;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.varve.recovery.audit.AuditFinding;
import io.varve.recovery.audit.AuditReport;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// An audit as it is printed.
///
/// @param clusterId null when nothing readable tells it
/// @param objects, bytes what was looked at, and how large it is
/// @param findings worst first
/// @param counts all findings by kind
record AuditView(
        String bucket,
        @Nullable String clusterId,
        String level,
        String startedAt,
        String finishedAt,
        long objects,
        long bytes,
        long requests,
        List<Found> findings,
        SortedMap<String, Long> counts) {
    private static final String NOTE = "info";

    /// @param remedy what to do
    record Found(
            String kind,
            String severity,
            String key,
            @Nullable String topic,
            @Nullable Integer partition,
            @Nullable Long baseOffset,
            @Nullable Long endOffset,
            @Nullable Long bytes,
            String message,
            String remedy) {
        static Found of(AuditFinding finding) {
            return new Found(
                    finding.kind().label(),
                    finding.severity().label(),
                    finding.key(),
                    finding.topic(),
                    finding.partition(),
                    finding.baseOffset(),
                    finding.endOffset(),
                    finding.bytes(),
                    finding.message(),
                    finding.remedy());
        }
    }

    static AuditView of(String bucket, AuditReport report) {
        return new AuditView(
                bucket,
                report.clusterId(),
                report.level().label(),
                report.startedAt().toString(),
                report.finishedAt().toString(),
                report.objects(),
                report.bytes(),
                report.requests(),
                report.findings().stream().map(Found::of).toList(),
                report.counts());
    }

    /// Whether nothing is wrong: there may be notes.
    @JsonIgnore
    boolean isClean() {
        return findings.stream().allMatch(finding -> finding.severity().equals(NOTE));
    }
}
