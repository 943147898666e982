// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.group;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve group`
@Command(
        name = "group",
        description = "Consumer groups of a running cluster.",
        footer = {"", "Example:  varve group describe billing"},
        subcommands = {GroupList.class, GroupDescribe.class})
public final class GroupCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
