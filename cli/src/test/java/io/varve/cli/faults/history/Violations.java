// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// What was found wrong: the first few of each kind, and how many. Owner: one thread.
public final class Violations {
    private static final int SHOWN_MAX = 5;

    private final Map<Violation.Kind, List<Violation>> shown = new EnumMap<>(Violation.Kind.class);
    private final Map<Violation.Kind, Long> counts = new EnumMap<>(Violation.Kind.class);

    public void add(Violation.Kind kind, String what) {
        counts.merge(kind, 1L, Long::sum);
        List<Violation> some = shown.computeIfAbsent(kind, _ -> new ArrayList<>());
        if (some.size() < SHOWN_MAX) {
            some.add(new Violation(kind, what));
        }
    }

    public boolean isEmpty() {
        return counts.isEmpty();
    }

    /// How many of each kind.
    public Map<Violation.Kind, Long> counts() {
        return Map.copyOf(counts);
    }

    /// The first few of each kind.
    public List<Violation> shown() {
        return shown.values().stream().flatMap(List::stream).toList();
    }
}
