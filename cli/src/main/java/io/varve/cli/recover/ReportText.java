// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.recover.PlanView.Found;
import io.varve.cli.recover.PlanView.Lowered;
import io.varve.cli.recover.PlanView.Partition;
import io.varve.cli.recover.PlanView.Topic;
import io.varve.cli.shell.Table;
import java.util.List;

/// What plan and run have in common when people read them. Stateless.
final class ReportText {
    private static final int LISTED_MAX = 20;

    private ReportText() {}

    static String plan(PlanView plan) {
        StringBuilder text = new StringBuilder();
        text.append("cluster ").append(plan.clusterId());
        text.append(", generation ").append(plan.restoredFrom());
        text.append(
                plan.prepared()
                        ? ": its restore is ready, start brokers on empty directories"
                        : " would become generation " + plan.generation());
        text.append("\nnewest journal: ").append(orNone(plan.restoredUntil()));
        text.append("\nlast sign of life: ").append(orNone(plan.lastSignOfLife()));
        text.append("\n\n").append(topics(plan.topics()));
        text.append("\ngroups: ").append(plan.groups().size()).append('\n');
        text.append(lowered(plan.lowered())).append(recommended(plan.recommendedOffsetGap()));
        text.append(lost(plan.lost())).append(notes(plan.notes()));
        text.append("cost: requests=").append(plan.cost().requests());
        text.append(", bytesRead=").append(plan.cost().bytesRead());
        text.append("; a run puts about ").append(plan.cost().runPuts()).append(" objects\n");
        return text.toString();
    }

    static String topics(List<Topic> topics) {
        Table table =
                new Table(
                        "TOPIC",
                        "PARTITION",
                        "LOG-START",
                        "ARCHIVED-END",
                        "END",
                        "ARCHIVED-BYTES",
                        "JOURNALED-BYTES",
                        "ORIGIN");
        for (Topic topic : topics) {
            for (Partition partition : topic.partitions()) {
                table.row(
                        topic.topic(),
                        partition.partition(),
                        partition.logStartOffset(),
                        partition.archivedEndOffset(),
                        partition.endOffset(),
                        partition.archivedBytes(),
                        partition.journaledBytes(),
                        partition.origin());
            }
        }
        return table.toString();
    }

    /// Every loss is named: none is left out.
    static String lost(List<Found> lost) {
        if (lost.isEmpty()) {
            return "lost: nothing that the bucket ever held\n";
        }
        StringBuilder text = new StringBuilder("LOST OR DAMAGED: " + lost.size() + "\n");
        lost.forEach(found -> text.append(line(found)));
        return text.toString();
    }

    static String lowered(List<Lowered> lowered) {
        if (lowered.isEmpty()) {
            return "";
        }
        Table table = new Table("GROUP", "TOPIC", "PARTITION", "COMMITTED", "LOWERED-TO");
        lowered.forEach(offset ->
                table.row(
                        offset.group(),
                        offset.topic(),
                        offset.partition(),
                        offset.fromOffset(),
                        offset.toOffset()));
        return "group offsets behind the restored end, lowered to it:\n" + table;
    }

    private static String recommended(long offsetGap) {
        return offsetGap == 0
                ? ""
                : "groups were ahead of what is restored: --offset-gap "
                        + offsetGap
                        + " keeps new records from taking offsets that were read before\n";
    }

    static String notes(List<Found> notes) {
        if (notes.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("notes: " + notes.size() + "\n");
        notes.stream().limit(LISTED_MAX).forEach(found -> text.append(line(found)));
        if (notes.size() > LISTED_MAX) {
            text.append("  and ").append(notes.size() - LISTED_MAX).append(" more: -o json\n");
        }
        return text.toString();
    }

    private static String line(Found found) {
        return "  "
                + found.severity()
                + " "
                + found.kind()
                + ": "
                + found.message()
                + ": "
                + found.key()
                + "\n      "
                + found.remedy()
                + "\n";
    }

    private static String orNone(@org.jspecify.annotations.Nullable String time) {
        return time == null ? "none" : time;
    }
}
