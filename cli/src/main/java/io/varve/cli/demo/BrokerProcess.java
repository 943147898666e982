// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ReadyLine;
import io.varve.cli.shell.ThisProgram;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A broker in a process of its own. Owner: one thread.
final class BrokerProcess implements AutoCloseable {
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(90);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);

    private final Process process;
    private final Path log;
    private final String kafka;
    private final String http;

    private BrokerProcess(Process process, Path log, String kafka, String http) {
        this.process = process;
        this.log = log;
        this.kafka = kafka;
        this.http = http;
    }

    /// Starts a broker and waits until it is ready.
    ///
    /// @param command of this program
    /// @param log where its log goes
    static BrokerProcess start(List<String> command, Path log)
            throws CommandFailure, IOException, InterruptedException {
        Process process =
                new ProcessBuilder(ThisProgram.command("512m", command.toArray(String[]::new)))
                        .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        ReadyLine ready = awaitReady(process, log);
        return new BrokerProcess(process, log, ready.kafka(), ready.http());
    }

    /// Reads the process's output to its end, so that it never waits for us; gives the ready line.
    private static ReadyLine awaitReady(Process process, Path log)
            throws CommandFailure, InterruptedException {
        CompletableFuture<ReadyLine> found = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> {
                    try (BufferedReader lines =
                            new BufferedReader(
                                    new InputStreamReader(
                                            process.getInputStream(), StandardCharsets.UTF_8))) {
                        String line = lines.readLine();
                        while (line != null) {
                            ReadyLine.find(line).ifPresent(found::complete);
                            line = lines.readLine();
                        }
                    } catch (IOException e) {
                        found.completeExceptionally(e);
                    }
                    found.completeExceptionally(
                            new IOException("broker ended before it was ready"));
                });
        try {
            return found.get(READY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new CommandFailure(
                    "broker did not become ready: " + lastLines(log) + "; its log: " + log, e);
        }
    }

    private static String lastLines(Path log) {
        try {
            var lines = Files.readAllLines(log);
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
        } catch (IOException e) {
            return "no log";
        }
    }

    String kafka() {
        return kafka;
    }

    String http() {
        return http;
    }

    Path log() {
        return log;
    }

    long pid() {
        return process.pid();
    }

    /// SIGKILL; returns when the process is gone.
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /// Leaves the process running when this program ends.
    boolean alive() {
        return process.isAlive();
    }

    /// SIGTERM, and SIGKILL when that is not enough. Idempotent.
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
