// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.ConfigValues;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve server check-config`
@Command(
        name = "check-config",
        description =
                "Every value that a broker would have, and where it came from; starts nothing.",
        footer = {"", "Example:  varve server check-config --config /etc/varve/varve.properties"})
final class ServerCheckConfig implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ServerConfigFile file = new ServerConfigFile();

    /// What is printed.
    record Checked(List<Row> values) {}

    /// One key.
    ///
    /// @param value as text, secrets hidden
    /// @param origin in words
    /// @param writtenAs the name under which it was given, perhaps an alias
    record Row(String key, String value, String origin, String writtenAs) {}

    @Override
    public Integer call() throws CommandFailure {
        BrokerConfig config = LoadedConfig.of(file.sources());
        output.print(
                checked(config.values()), String.join("\n", config.values().describe()) + "\n");
        return ExitCode.DONE;
    }

    static Checked checked(ConfigValues values) {
        return new Checked(
                values.all().values().stream()
                        .map(value ->
                                new Row(
                                        value.key().name(),
                                        value.shown(),
                                        value.origin().describe(),
                                        value.writtenAs()))
                        .toList());
    }
}
