// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Finds what somebody may have meant: the known name with the fewest single-character edits.
/// Stateless.
final class NearestName {
    private NearestName() {}

    /// The nearest of `known`, the first by name among equals; empty only when nothing is known.
    static Optional<String> to(String written, Collection<String> known) {
        return known.stream()
                .min(
                        Comparator.<String>comparingInt(name -> edits(written, name))
                                .thenComparing(name -> name));
    }

    private static int edits(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] current = new int[to.length() + 1];
            current[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
