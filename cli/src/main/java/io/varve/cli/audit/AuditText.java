// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.audit;

import io.varve.cli.audit.AuditView.Found;
import io.varve.cli.shell.ByteSize;
import java.util.Locale;

/// An audit as people read it. Stateless.
final class AuditText {
    private static final int LISTED_MAX = 50;

    private AuditText() {}

    static String of(AuditView view) {
        StringBuilder text = new StringBuilder();
        text.append("bucket ").append(view.bucket());
        text.append(", cluster ").append(view.clusterId() == null ? "unknown" : view.clusterId());
        text.append(", level ").append(view.level()).append('\n');
        long all = view.counts().values().stream().mapToLong(Long::longValue).sum();
        text.append(all == 0 ? "nothing found\n" : "findings: " + all + "\n");
        view.counts()
                .forEach((kind, count) ->
                        text.append(String.format(Locale.ROOT, "%8d  %s%n", count, kind)));
        view.findings().stream().limit(LISTED_MAX).forEach(found -> text.append(line(found)));
        if (all > LISTED_MAX) {
            text.append("and ").append(all - LISTED_MAX).append(" more: -o json\n");
        }
        return text.append("looked at ")
                .append(view.objects())
                .append(" objects of ")
                .append(ByteSize.text(view.bytes()))
                .append(", in ")
                .append(view.requests())
                .append(" requests\n")
                .toString();
    }

    private static String line(Found found) {
        StringBuilder line = new StringBuilder();
        line.append(found.severity()).append(' ').append(found.kind()).append(": ");
        line.append(found.message());
        if (found.topic() != null) {
            line.append(", partition=").append(found.topic()).append('/').append(found.partition());
        }
        if (found.baseOffset() != null) {
            line.append(", offsets=[").append(found.baseOffset()).append(", ");
            line.append(found.endOffset()).append(')');
        }
        return line.append("; ").append(found.remedy()).append('\n').toString();
    }
}
