// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import java.io.Console;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The options of destructive commands: they show what they would do and ask, or take `--yes`.
public final class Confirmation {
    @Option(names = "--yes", description = "do not ask")
    private boolean yes;

    @Option(names = "--dry-run", description = "show what would be done, and do nothing")
    private boolean dryRun;

    public boolean dryRun() {
        return dryRun;
    }

    /// Nobody will read what would be done.
    public boolean unasked() {
        return yes && !dryRun;
    }

    /// Whether to do it. Says what would be done, on stderr.
    ///
    /// @throws CommandFailure nobody can be asked: there is no terminal
    public boolean granted(Output output, String whatWouldBeDone) throws CommandFailure {
        if (dryRun) {
            output.say("would: " + whatWouldBeDone);
            return false;
        }
        if (yes) {
            return true;
        }
        Optional<Console> terminal =
                Optional.ofNullable(System.console()).filter(Console::isTerminal);
        if (terminal.isEmpty()) {
            throw new CommandFailure(
                    "not confirmed: " + whatWouldBeDone + "; give --yes, or --dry-run to see only");
        }
        output.say("will: " + whatWouldBeDone);
        String answer = terminal.get().readLine("go on? [y/N] ");
        return answer != null && (answer.equalsIgnoreCase("y") || answer.equalsIgnoreCase("yes"));
    }
}
