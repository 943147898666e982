// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import java.util.List;

/// A run of the program that ended, as a person at a shell sees it.
///
/// @param said its lines on stderr that are no log lines
public record Ended(int exitCode, String out, String err, List<String> said) {
    static Ended of(int exitCode, String out, String err) {
        return new Ended(
                exitCode, out, err, err.lines().filter(line -> !line.startsWith("time=")).toList());
    }
}
