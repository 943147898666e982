// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How far a walk through a bucket is, on one line of a terminal that is written over; nothing
/// where there is no terminal, or when it is over soon. Owner: one command.
public final class ProgressLine implements AutoCloseable {
    private static final long EVERY_NS = 200_000_000;
    private static final String CLEAR = "\r\033[K";

    private final @Nullable PrintWriter err;
    private long lastNs = System.nanoTime();
    private boolean written;

    private ProgressLine(@Nullable PrintWriter err) {
        this.err = err;
    }

    public static ProgressLine onTerminal(Output output) {
        boolean terminal =
                Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
        return new ProgressLine(terminal ? output.err() : null);
    }

    /// @param objects seen so far
    public void seen(long objects) {
        long nowNs = System.nanoTime();
        if (err == null || nowNs - lastNs < EVERY_NS) {
            return;
        }
        lastNs = nowNs;
        written = true;
        err.print(CLEAR + "objects seen: " + objects);
        err.flush();
    }

    @Override
    public void close() {
        clear();
    }

    /// Clears the line, for what is printed behind it. Idempotent.
    public void clear() {
        if (err != null && written) {
            written = false;
            err.print(CLEAR);
            err.flush();
        }
    }
}
