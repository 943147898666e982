// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

/// What the exit code of every command says.
public final class ExitCode {
    /// Done.
    public static final int DONE = 0;

    /// The answer is bad news: findings, a mismatch, not all restored.
    public static final int BAD_NEWS = 1;

    /// Could not do it: wrong use, unreachable.
    public static final int FAILED = 2;

    private ExitCode() {}
}
