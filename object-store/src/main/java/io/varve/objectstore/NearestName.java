// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.util.Collection;
import java.util.Comparator;

/// The known name that a mistyped one most resembles.
final class NearestName {
    private NearestName() {}

    /// @param known not empty
    static String of(String typed, Collection<String> known) {
        return known.stream()
                .min(
                        Comparator.<String>comparingInt(name -> edits(typed, name))
                                .thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    /// How many characters must be put in, taken out or changed (Levenshtein).
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int changed = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
