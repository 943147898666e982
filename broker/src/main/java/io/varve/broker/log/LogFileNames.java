// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.util.OptionalLong;

/// Names of files in a shard's directory: a number of 20 digits that only grows, then what the file
/// is. Immutable.
final class LogFileNames {
    static final String LOG = ".log";
    static final String DIRECTORY = ".dir";

    /// Freed or prepared, to be overwritten.
    static final String SPARE = ".spare";

    /// Being filled with zeros.
    static final String NEW = ".new";

    /// No frame can be read of it; left for people.
    static final String DAMAGED = ".damaged";

    private static final int DIGITS = 20;

    private LogFileNames() {}

    static String log(long number) {
        return name(number, LOG);
    }

    static String name(long number, String suffix) {
        return String.format("%0" + DIGITS + "d%s", number, suffix);
    }

    /// The number of any file of ours with that suffix.
    static OptionalLong number(String name, String suffix) {
        if (name.length() != DIGITS + suffix.length() || !name.endsWith(suffix)) {
            return OptionalLong.empty();
        }
        for (int i = 0; i < DIGITS; i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return OptionalLong.empty();
            }
        }
        try {
            return OptionalLong.of(Long.parseLong(name.substring(0, DIGITS)));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
