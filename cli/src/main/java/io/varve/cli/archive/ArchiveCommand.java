// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.archive;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve archive`
@Command(
        name = "archive",
        description = "How far the bucket is behind, and making it catch up.",
        footer = {"", "Example:  varve archive status"},
        subcommands = {ArchiveStatusCommand.class, ArchiveFlush.class})
public final class ArchiveCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
