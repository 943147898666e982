// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

/// A command could not do its work (exit code 2). The message is one line for the person at the
/// shell: what, where, and what to do.
public final class CommandFailure extends Exception {
    private static final long serialVersionUID = 1L;

    public CommandFailure(String message) {
        super(message);
    }

    public CommandFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
