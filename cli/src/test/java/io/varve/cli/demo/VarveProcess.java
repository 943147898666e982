// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.shell.ReadyLine;
import io.varve.cli.shell.ThisProgram;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// The program in a process of its own, as a person at a shell sees it: exit code, stdout, stderr.
/// Killed when it is closed. Owner: one thread.
final class VarveProcess implements AutoCloseable {
    private final Process process;
    private final Path stderr;
    private final CompletableFuture<ReadyLine> ready = new CompletableFuture<>();

    private VarveProcess(Process process, Path stderr) {
        this.process = process;
        this.stderr = stderr;
    }

    static VarveProcess start(Path folder, String... arguments) throws IOException {
        Path stderr = Files.createTempFile(folder, "stderr-", ".log");
        Process process =
                new ProcessBuilder(ThisProgram.command("512m", arguments))
                        .redirectError(stderr.toFile())
                        .start();
        VarveProcess started = new VarveProcess(process, stderr);
        Thread.ofVirtual().start(started::readOut);
        return started;
    }

    /// `varve dev` on free ports.
    static VarveProcess dev(Path data, String... more) throws IOException {
        Files.createDirectories(data.getParent());
        List<String> arguments = new ArrayList<>();
        arguments.addAll(List.of("dev", "--data", data.toString()));
        arguments.addAll(List.of(more));
        for (String port : List.of("--kafka-port", "--http-port")) {
            if (!arguments.contains(port)) {
                arguments.addAll(List.of(port, "0"));
            }
        }
        return start(data.getParent(), arguments.toArray(String[]::new));
    }

    private void readOut() {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            while (line != null) {
                String whole = line;
                ReadyLine.find(line)
                        .filter(found -> found.toString().equals(whole))
                        .ifPresent(ready::complete);
                line = lines.readLine();
            }
            ready.completeExceptionally(new IOException("ended before it was ready"));
        } catch (IOException e) {
            ready.completeExceptionally(e);
        }
    }

    VarveProcess awaitReady(Duration limit) throws Exception {
        try {
            ready.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            throw new AssertionError("not ready in " + limit + ": " + e + "\n" + stderr(), e);
        }
        return this;
    }

    String kafka() {
        return ready.join().kafka();
    }

    String http() {
        return ready.join().http();
    }

    String bucket() {
        return ready.join().bucket();
    }

    String stderr() throws IOException {
        return Files.readString(stderr);
    }

    /// SIGTERM.
    ///
    /// @return the exit code
    int terminate(Duration limit) throws Exception {
        process.destroy();
        return awaitEnd(limit);
    }

    int awaitEnd(Duration limit) throws Exception {
        assertThat(process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS))
                .as("ended within " + limit + "; " + stderr())
                .isTrue();
        return process.exitValue();
    }

    /// SIGKILL; returns when the process is gone.
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
