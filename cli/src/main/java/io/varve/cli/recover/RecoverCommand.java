// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve recover`
@Command(
        name = "recover",
        description = "Brings a cluster back from its bucket.",
        footer = {
            "",
            "Example:  varve recover plan --cluster --bucket file:///var/lib/varve/bucket",
            "          varve recover run --cluster --bucket file:///var/lib/varve/bucket"
        },
        subcommands = {RecoverPlan.class, RecoverRun.class, RecoverVerify.class})
public final class RecoverCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
