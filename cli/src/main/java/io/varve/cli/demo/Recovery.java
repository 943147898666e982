// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ThisProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// `varve recover run` in a process of its own, which knows nothing but the bucket's URL.
final class Recovery {
    private static final long TIMEOUT_SECONDS = 60;

    private Recovery() {}

    /// Restores the cluster; returns when the process ended well.
    ///
    /// @param log where its messages go
    static void run(String bucket, Path log)
            throws CommandFailure, IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                ThisProgram.command(
                                        "512m",
                                        "recover",
                                        "run",
                                        "--cluster",
                                        "--bucket",
                                        bucket,
                                        "--yes",
                                        "--force"))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new CommandFailure(
                    "recover run did not end in " + TIMEOUT_SECONDS + " s; its log: " + log);
        }
        if (process.exitValue() != 0) {
            throw new CommandFailure(
                    "recover run ended with " + process.exitValue() + "; its log: " + log);
        }
    }
}
