// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import io.varve.cli.archive.ArchiveCommand;
import io.varve.cli.audit.AuditCommand;
import io.varve.cli.bucket.BucketCommand;
import io.varve.cli.cluster.ClusterCommand;
import io.varve.cli.data.ConsumeCommand;
import io.varve.cli.data.ProduceCommand;
import io.varve.cli.demo.DemoCommand;
import io.varve.cli.group.GroupCommand;
import io.varve.cli.recover.RecoverCommand;
import io.varve.cli.server.DevCommand;
import io.varve.cli.server.ServerCommand;
import io.varve.cli.topic.TopicCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The root of all commands.
@Command(
        name = "varve",
        description = "A Kafka-compatible broker whose archive can rebuild it.",
        footer = {"", "Start here:  varve dev      or, to see all of it in a minute:  varve demo"},
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            DevCommand.class,
            ServerCommand.class,
            TopicCommand.class,
            ProduceCommand.class,
            ConsumeCommand.class,
            GroupCommand.class,
            ClusterCommand.class,
            ArchiveCommand.class,
            BucketCommand.class,
            RecoverCommand.class,
            AuditCommand.class,
            TrainCommand.class,
            VersionCommand.class
        })
final class Varve implements Runnable {
    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "stack traces with errors, and warnings of the libraries")
    private boolean verbose;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    static boolean verbose(CommandLine.ParseResult parsed) {
        return parsed.commandSpec().root().userObject() instanceof Varve varve && varve.verbose;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
