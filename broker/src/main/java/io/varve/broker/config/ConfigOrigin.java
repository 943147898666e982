// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

/// Where a value came from. Later cases win over earlier ones.
public sealed interface ConfigOrigin {
    /// Nobody said anything: the key's own default.
    record Default() implements ConfigOrigin {}

    /// What a command presets (`varve dev`), below the file.
    record Profile(String name) implements ConfigOrigin {}

    /// A line of the configuration file, counted from 1.
    record FileLine(String file, int line) implements ConfigOrigin {}

    /// An environment variable.
    record Environment(String variable) implements ConfigOrigin {}

    /// A flag of the command line.
    record Flag(String flag) implements ConfigOrigin {}

    /// In words for people: `varve.properties:7`, `$VARVE_NODE_ID`, `--kafka-port`, `default`.
    default String describe() {
        return switch (this) {
            case Default d -> "default";
            case Profile p -> "profile " + p.name();
            case FileLine f -> f.file() + ":" + f.line();
            case Environment e -> "$" + e.variable();
            case Flag f -> f.flag();
        };
    }
}
