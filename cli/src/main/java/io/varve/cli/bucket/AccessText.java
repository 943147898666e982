// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.cli.bucket.AccessView.TraitRow;
import io.varve.cli.shell.Table;

/// What `varve bucket verify-access` says, as a table. Stateless.
final class AccessText {
    private AccessText() {}

    static String of(AccessView view) {
        Table table = new Table("CHECK", "RESULT", "MS", "MEANS");
        for (AccessView.Check check : view.checks()) {
            table.row(check.check(), check.result(), check.ms(), check.means());
        }
        row(table, "versions", view.traits().versions(), "keeps old versions");
        row(table, "retention", view.traits().retention(), "locks new objects");
        row(table, "soft-delete", view.traits().softDelete(), "keeps deleted objects for a time");
        StringBuilder text = new StringBuilder("bucket ").append(view.bucket());
        if (view.region() != null) {
            text.append(", region ").append(view.region());
        }
        text.append('\n').append(table);
        view.remarks()
                .forEach(remark -> text.append("worth knowing: ").append(remark).append('\n'));
        String who = view.readOnly() ? "a reader" : "a cluster";
        return text.append(
                        switch (view.verdict()) {
                            case usable -> who + " may use this bucket\n";
                            case unusable -> who + " must not use this bucket: ";
                            case unknown -> "not known whether " + who + " may use this bucket: ";
                        })
                .append(view.problem() == null ? "" : view.problem() + "\n")
                .toString();
    }

    private static void row(Table table, String name, TraitRow trait, String means) {
        String result =
                switch (trait.state()) {
                    case "present" -> "note";
                    case "absent" -> "ok";
                    default -> "unknown";
                };
        String said =
                switch (trait.state()) {
                    case "present" -> "the bucket " + means + ": " + trait.detail();
                    case "absent" -> "the bucket does not do that: " + means;
                    default -> "not known whether it " + means + ": " + trait.detail();
                };
        table.row(name, result, "", said);
    }
}
