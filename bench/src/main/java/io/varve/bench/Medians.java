// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import java.util.List;

/// The middle of measured values.
final class Medians {
    private Medians() {}

    static double of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(half)
                : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }
}
