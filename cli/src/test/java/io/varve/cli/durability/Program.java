// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.shell.ThisProgram;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The program as processes of this machine; none of them outlives this JVM. Thread-safe.
public final class Program {
    private static final Set<Process> STARTED = ConcurrentHashMap.newKeySet();
    private static final int FIRST_PORT = 12_000;

    /// Where the kernel's own choices begin: a client that tries to reach a port of those while
    /// nobody listens there can end up connected to itself.
    private static final int END_PORT = 32_000;

    /// What the build made of this module.
    private static final Path JAR = Path.of("target", "varve.jar").toAbsolutePath();

    private static final int PORTS_TRIED = 100;
    private static final int PORTS = END_PORT - FIRST_PORT;
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS));

    static {
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> STARTED.forEach(Process::destroyForcibly), "kill"));
    }

    private Program() {}

    /// Command line of the program with these arguments, with the start that the build recorded
    /// where there is one; else with what makes a start short.
    public static List<String> command(String... arguments) {
        List<String> command = ThisProgram.java("512m");
        List<String> recorded = ThisProgram.recordedStart(JAR);
        if (Files.exists(JAR) && !recorded.isEmpty()) {
            command.addAll(recorded);
            command.addAll(List.of("-jar", JAR.toString()));
        } else {
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
            command.add("io.varve.cli.Main");
        }
        command.addAll(List.of(arguments));
        return command;
    }

    /// Starts a command line; its output goes to these files.
    public static Process start(List<String> command, File out, File err) throws IOException {
        return start(command, Map.of(), out, err);
    }

    /// Starts a command line.
    ///
    /// @param environment added to ours
    /// @param out, err where its output goes
    public static Process start(
            List<String> command, Map<String, String> environment, File out, File err)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(ProcessBuilder.Redirect.to(out))
                        .redirectError(ProcessBuilder.Redirect.appendTo(err));
        builder.environment().putAll(environment);
        Process process = builder.start();
        STARTED.add(process);
        var _ = process.onExit().thenAccept(STARTED::remove);
        return process;
    }

    /// Runs the program to its end.
    public static Ended run(Path folder, Duration limit, String... arguments) throws Exception {
        return run(folder, Map.of(), limit, arguments);
    }

    /// Runs the program to its end.
    ///
    /// @param environment added to ours
    public static Ended run(
            Path folder, Map<String, String> environment, Duration limit, String... arguments)
            throws Exception {
        Path out = Files.createTempFile(folder, "out-", ".txt");
        Path err = Files.createTempFile(folder, "err-", ".txt");
        Process process = start(command(arguments), environment, out.toFile(), err.toFile());
        return awaitEnd(process, limit, out, err);
    }

    static Ended awaitEnd(Process process, Duration limit, Path out, Path err) throws Exception {
        boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            kill(process);
        }
        assertThat(ended).as("ended in " + limit + ": " + Files.readString(err)).isTrue();
        return Ended.of(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /// SIGKILL; returns when the process is gone.
    public static void kill(Process process) {
        process.destroyForcibly().onExit().join();
    }

    /// A port that nobody listens at now, and that this process was not given before: who asked for
    /// one may not listen yet.
    public static int freePort() throws IOException {
        IOException taken = new IOException("no port tried");
        for (int attempt = 0; attempt < PORTS_TRIED; attempt++) {
            int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
            try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return port;
            } catch (java.net.BindException e) {
                taken = e;
            }
        }
        throw taken;
    }
}
