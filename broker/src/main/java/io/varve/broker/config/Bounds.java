// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;

/// Validators whose `toString` tells people what is allowed. Stateless.
final class Bounds {
    private Bounds() {}

    /// Whole numbers, both ends included.
    static ConfigDef.Validator between(long min, long max) {
        String allowed =
                max == Long.MAX_VALUE || max == Integer.MAX_VALUE
                        ? "of at least " + min
                        : "from " + min + " to " + max;
        return named(
                allowed,
                value -> {
                    long number = ((Number) value).longValue();
                    return number >= min && number <= max;
                });
    }

    /// Fractions strictly between 0 and 1.
    static ConfigDef.Validator fraction() {
        return named(
                "above 0 and below 1",
                value -> {
                    double number = ((Number) value).doubleValue();
                    return number > 0 && number < 1;
                });
    }

    /// `off`, or a whole number of at least `min`.
    static ConfigDef.Validator offOrAtLeast(long min) {
        return named(
                "off, or a whole number of at least " + min,
                value -> {
                    String text = value.toString();
                    return text.equals(BrokerKeys.OFF)
                            || (text.matches("[0-9]{1,18}") && Long.parseLong(text) >= min);
                });
    }

    /// `off`, or the five fields of a cron line.
    static ConfigDef.Validator offOrCron() {
        String field = "[0-9*/,-]+";
        return named(
                "off, or five cron fields: minute hour day month weekday",
                value -> {
                    String text = value.toString();
                    return text.equals(BrokerKeys.OFF)
                            || text.strip().matches(field + "(\\s+" + field + "){4}");
                });
    }

    static ConfigDef.Validator oneOf(Set<String> allowed) {
        return named(
                "one of " + String.join(", ", new TreeSet<>(allowed)),
                value -> allowed.contains(value.toString()));
    }

    private static ConfigDef.Validator named(String allowed, Predicate<Object> test) {
        return new ConfigDef.Validator() {
            @Override
            public void ensureValid(String name, Object value) {
                if (value != null && !test.test(value)) {
                    throw new ConfigException(name, value, "allowed: " + allowed);
                }
            }

            @Override
            public String toString() {
                return allowed;
            }
        };
    }
}
