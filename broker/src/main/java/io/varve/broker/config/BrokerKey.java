// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/// One key that a broker knows. Immutable.
///
/// @param defaultValue typed as `type` says, or null when there is none
/// @param validator checks a parsed value, or null when its type says all
/// @param unit of a number (`ms`, `bytes`), or empty
/// @param required a value must come from somewhere
/// @param aliases other names under which it is accepted, also Redpanda's
public record BrokerKey(
        String name,
        ConfigDef.Type type,
        @Nullable Object defaultValue,
        ConfigDef.@Nullable Validator validator,
        String unit,
        boolean required,
        List<String> aliases,
        String documentation) {
    public BrokerKey {
        aliases = List.copyOf(aliases);
    }

    /// Never shown to anybody.
    public boolean sensitive() {
        return type == ConfigDef.Type.PASSWORD;
    }

    /// The typed value of a text.
    ///
    /// @throws ConfigException when the text is not of the type or not allowed
    @Nullable Object parse(String text) {
        Object parsed = ConfigDef.parseType(name, text, type);
        if (validator != null) {
            validator.ensureValid(name, parsed);
        }
        return parsed;
    }

    /// What is allowed, in words.
    String allowed() {
        String kind =
                switch (type) {
                    case BOOLEAN -> "true or false";
                    case INT, LONG, SHORT -> "whole number";
                    case DOUBLE -> "number";
                    case LIST -> "list separated by commas";
                    case CLASS -> "class name";
                    case STRING, PASSWORD -> "text";
                };
        String bounds =
                Optional.ofNullable(validator)
                        .map(Object::toString)
                        .filter(text -> !text.isEmpty() && !text.contains("@"))
                        .map(text -> " " + text)
                        .orElse("");
        return kind + bounds + (unit.isEmpty() ? "" : " (" + unit + ")");
    }

    /// The default as text, or empty.
    Optional<String> defaultText() {
        return Optional.ofNullable(ConfigDef.convertToString(defaultValue, type));
    }
}
