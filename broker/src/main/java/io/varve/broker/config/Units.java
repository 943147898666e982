// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

/// Units of keys, by the rule that a key's name ends in its unit. Stateless.
final class Units {
    private Units() {}

    /// `ms`, `bytes`, `hours`, `minutes`, `seconds`, `days`, or empty.
    static String of(String key) {
        if (key.equals("message.max.bytes.limit")) {
            return "bytes";
        }
        String last = key.substring(key.lastIndexOf('.') + 1);
        return switch (last) {
            case "ms", "bytes", "hours", "minutes", "seconds", "days" -> last;
            default -> "";
        };
    }
}
