// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/// One run of the program inside the test.
///
/// @param out, err what it printed
public record Run(int exitCode, String out, String err) {
    public static Run of(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commands = Main.commandLine();
        commands.setOut(new PrintWriter(out, true));
        commands.setErr(new PrintWriter(err, true));
        int exitCode = commands.execute(arguments);
        return new Run(exitCode, out.toString(), err.toString());
    }
}
