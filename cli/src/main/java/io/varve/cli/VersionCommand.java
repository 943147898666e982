// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve version`
@Command(
        name = "version",
        description = "The versions of Varve and of the Java that runs it.",
        footer = {"", "Example:  varve version -o json"})
final class VersionCommand implements Callable<Integer> {
    @Mixin private final Output output = new Output();

    /// What is printed.
    record Versions(String varve, String java) {}

    @Override
    public Integer call() {
        Versions versions = new Versions(Version.number(), Runtime.version().toString());
        output.print(versions, "varve " + versions.varve() + ", java " + versions.java() + "\n");
        return ExitCode.DONE;
    }
}
