// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.faults.history.Violation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How a scenario ended. Immutable.
///
/// @param figures by name
/// @param counts violations by kind
/// @param shown the first few of each
/// @param complaints claims of steps that did not hold
/// @param skipped why it could not run, or empty
record Verdict(
        Scenario scenario,
        long seed,
        int brokers,
        Map<String, Long> figures,
        Map<Violation.Kind, Long> counts,
        List<Violation> shown,
        List<String> complaints,
        String skipped) {
    Verdict {
        figures = Map.copyOf(figures);
        counts = Map.copyOf(counts);
        shown = List.copyOf(shown);
        complaints = List.copyOf(complaints);
    }

    static Verdict skipped(Scenario scenario, long seed, int brokers, String why) {
        return new Verdict(scenario, seed, brokers, Map.of(), Map.of(), List.of(), List.of(), why);
    }

    boolean ran() {
        return skipped.isEmpty();
    }

    boolean passed() {
        return ran() && counts.isEmpty() && complaints.isEmpty();
    }

    String word() {
        return passed() ? "PASS" : ran() ? "FAIL" : "SKIPPED";
    }

    /// For a file of results: one line.
    String line(String when) {
        return "%s %s scenario=%s brokers=%d seed=%d patience=%d %s%s"
                .formatted(
                        when,
                        word(),
                        scenario.id(),
                        brokers,
                        seed,
                        Trial.PATIENCE,
                        figuresText(),
                        ran() ? problems() : " why=" + skipped);
    }

    private String problems() {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(counts)
                .forEach((kind, count) -> text.append(' ').append(kind).append('=').append(count));
        complaints.forEach(complaint -> text.append(" complaint=\"").append(complaint).append('"'));
        return text.toString();
    }

    private String figuresText() {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(figures)
                .forEach((name, value) -> {
                    if (!text.isEmpty()) {
                        text.append(' ');
                    }
                    text.append(name).append('=').append(value);
                });
        return text.toString();
    }

    /// For people.
    String text(String folder) {
        StringBuilder text = new StringBuilder();
        text.append("%s %s: %s%n".formatted(word(), scenario.id(), scenario.claim()));
        if (!ran()) {
            text.append("  ").append(skipped).append('\n');
        }
        text.append("  figures: ").append(figuresText()).append('\n');
        complaints.forEach(complaint -> text.append("  WRONG  ").append(complaint).append('\n'));
        shown.forEach(violation -> text.append("  WRONG  ").append(violation).append('\n'));
        new TreeMap<>(counts)
                .forEach((kind, count) ->
                        text.append("  in all ")
                                .append(kind)
                                .append(": ")
                                .append(count)
                                .append('\n'));
        text.append(
                "  again: bin/fault-test %s --seed %d --brokers %d%n"
                        .formatted(scenario.id(), seed, brokers));
        text.append("  kept: ").append(folder).append('\n');
        return text.toString();
    }
}
