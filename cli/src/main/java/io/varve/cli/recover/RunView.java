// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.recover.PlanView.Found;
import io.varve.cli.recover.PlanView.Lowered;
import io.varve.cli.recover.PlanView.Topic;
import io.varve.recovery.RecoveryReport;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A finished restore as it is printed.
///
/// @param restoredUntil the store's time of the newest journal, ISO-8601 UTC
/// @param rto null when nobody waited for the cluster
record RunView(
        int generation,
        int restoredFrom,
        @Nullable String restoredUntil,
        Rpo rpo,
        @Nullable Rto rto,
        List<Topic> topics,
        List<Found> lost,
        List<Lowered> lowered,
        List<Found> notes) {
    /// An upper bound from the bucket alone.
    ///
    /// @param seconds from the newest journal to the last sign of life; null when no broker gave
    ///   one
    /// @param records null: the bucket does not know what it never got
    record Rpo(@Nullable Double seconds, @Nullable Long records) {}

    /// Seconds since the start of `recover run`.
    record Rto(double firstReadSeconds, double firstWriteSeconds, double groupsReadySeconds) {}

    static RunView of(RecoveryReport report, @Nullable Rto rto) {
        return new RunView(
                report.generation(),
                report.restoredFrom(),
                report.restoredUntil().map(Instant::toString).orElse(null),
                new Rpo(report.rpo().map(rpo -> rpo.toMillis() / 1e3).orElse(null), null),
                rto,
                report.topics().stream().map(Topic::of).toList(),
                Found.all(report.lost().stream()),
                report.lowered().stream().map(Lowered::of).toList(),
                Found.all(report.notes().stream()));
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append("generation ")
                .append(generation)
                .append(" is ready, from generation ")
                .append(restoredFrom);
        text.append("; brokers started on empty directories with this bucket open it\n\n");
        text.append(ReportText.topics(topics)).append('\n');
        text.append(ReportText.lowered(lowered))
                .append(ReportText.lost(lost))
                .append(ReportText.notes(notes));
        text.append("RPO: ");
        text.append(
                rpo.seconds() == null
                        ? "unknown, no broker gave a sign of life"
                        : "at most " + rpo.seconds() + " s");
        text.append('\n');
        Rto measured = rto;
        if (measured != null) {
            text.append("RTO: first read ").append(measured.firstReadSeconds());
            text.append(" s, first write ").append(measured.firstWriteSeconds());
            text.append(" s, groups ready ").append(measured.groupsReadySeconds()).append(" s\n");
        }
        return text.toString();
    }
}
