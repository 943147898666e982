// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve server`
@Command(
        name = "server",
        description = "Runs a broker from a configuration file.",
        footer = {"", "Example:  varve server start --config /etc/varve/varve.properties"},
        subcommands = {ServerStart.class, ServerCheckConfig.class})
public final class ServerCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
