// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import io.varve.cli.logging.ProcessLogging;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// Entry of the program.
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        return commandLine().execute(arguments);
    }

    /// All commands, with the exit codes and error lines that every one of them has.
    static CommandLine commandLine() {
        CommandLine commands = new CommandLine(new Varve());
        commands.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        commands.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setExecutionStrategy(Main::execute);
        commands.setExecutionExceptionHandler(Main::failed);
        commands.setParameterExceptionHandler(Main::misused);
        return commands;
    }

    private static int execute(CommandLine.ParseResult parsed) {
        if (Varve.verbose(parsed)) {
            ProcessLogging.ofVerboseCommand(System.getenv());
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static int failed(
            Exception error, CommandLine command, CommandLine.ParseResult parsed) {
        String name = command.getCommandSpec().qualifiedName();
        String message = error instanceof CommandFailure ? error.getMessage() : error.toString();
        command.getErr().println(name + ": " + message);
        if (Varve.verbose(parsed)) {
            error.printStackTrace(command.getErr());
        }
        return ExitCode.FAILED;
    }

    private static int misused(CommandLine.ParameterException error, String[] arguments) {
        CommandLine command = error.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr()
                .println(
                        name
                                + ": "
                                + oneLine(error.getMessage())
                                + didYouMean(error)
                                + "; see "
                                + name
                                + " --help");
        return ExitCode.FAILED;
    }

    private static String didYouMean(CommandLine.ParameterException error) {
        return error instanceof CommandLine.UnmatchedArgumentException unmatched
                        && !unmatched.getSuggestions().isEmpty()
                ? "; did you mean " + unmatched.getSuggestions().getFirst() + "?"
                : "";
    }

    private static String oneLine(@Nullable String text) {
        return String.valueOf(text).replaceAll("\\R\\s*", " ");
    }
}
