// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.cli.logging.ProcessLogging;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.Output;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve server start`
@Command(
        name = "start",
        description = "Runs a broker until it is told to stop (SIGTERM, Ctrl-C).",
        footer = {"", "Example:  varve server start --config /etc/varve/varve.properties"})
final class ServerStart implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ServerConfigFile file = new ServerConfigFile();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws CommandFailure {
        BrokerConfig config = LoadedConfig.of(file.sources());
        ProcessLogging.ofBroker(System.getenv());
        BrokerRun run = BrokerRun.start(config, ProductVersion.of(spec));
        output.print(run.ready(), run.ready().line() + "\n");
        throw run.awaitEnd();
    }
}
