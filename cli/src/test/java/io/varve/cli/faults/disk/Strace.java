// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.disk;

import io.varve.cli.durability.Program;
import io.varve.cli.faults.client.Ticks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A running process of ours under strace, which changes what some of its system calls answer.
/// Closed, the process runs on untraced. Owner: one thread.
public final class Strace implements AutoCloseable {
    private static final Duration ATTACH_LIMIT = Duration.ofSeconds(10);
    private static final int DETACH_LIMIT_SECONDS = 10;

    private final Process strace;
    private final Path trace;

    private Strace(Process strace, Path trace) {
        this.strace = strace;
        this.trace = trace;
    }

    /// Whether this machine has it and lets it trace.
    public static boolean runs() throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder("strace", "-f", "-o", "/dev/null", "true")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /// Attaches to all threads of a process.
    ///
    /// @param injection as `strace -e inject=` takes it
    public static Strace attach(long pid, Path trace, String injection) throws IOException {
        Path said = trace.resolveSibling(trace.getFileName() + ".err");
        Files.deleteIfExists(said);
        Process strace =
                Program.start(
                        List.of(
                                "strace",
                                "-f",
                                "-p",
                                String.valueOf(pid),
                                "-o",
                                trace.toString(),
                                "-e",
                                "trace=" + injection.substring(0, injection.indexOf(':')),
                                "-e",
                                "inject=" + injection),
                        trace.resolveSibling(trace.getFileName() + ".out").toFile(),
                        said.toFile());
        boolean late =
                Ticks.passWhile(
                        ATTACH_LIMIT, () -> strace.isAlive() && !text(said).contains("attached"));
        if (late || !strace.isAlive()) {
            Program.kill(strace);
            throw new IOException("strace did not attach: pid=" + pid + ": " + text(said));
        }
        return new Strace(strace, trace);
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }

    /// Calls whose answer was changed so far.
    public long injected() {
        return text(trace).lines().filter(line -> line.contains("INJECTED")).count();
    }

    @Override
    public void close() {
        strace.destroy(); // it detaches
        try {
            if (!strace.waitFor(DETACH_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                Program.kill(strace);
            }
        } catch (InterruptedException e) {
            Program.kill(strace);
            Thread.currentThread().interrupt();
        }
    }
}
