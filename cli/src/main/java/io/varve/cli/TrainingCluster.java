// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.FreePorts;
import io.varve.cli.shell.LoopbackCluster;
import io.varve.cli.shell.ReadyLine;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/// Three brokers in this process, which end with it: what replicates is hot too.
final class TrainingCluster {
    static final int BROKERS = 3;
    private static final int READY_CHARACTERS_MAX = 64 << 10;

    private TrainingCluster() {}

    /// Starts the brokers below a folder; returns when all serve.
    ///
    /// @return what the first of them says of itself
    static ReadyLine start(Path folder) throws CommandFailure, IOException {
        List<Integer> rafts = FreePorts.find(BROKERS);
        List<PipedReader> starting = new ArrayList<>();
        for (int id = 1; id <= BROKERS; id++) {
            Path config = folder.resolve("broker-" + id + ".properties");
            Files.writeString(
                    config,
                    LoopbackCluster.properties(
                            id,
                            rafts,
                            0,
                            folder.resolve("data-" + id),
                            folder.resolve("bucket").toUri().toString()));
            starting.add(startOne(config));
        }
        List<ReadyLine> ready = new ArrayList<>();
        for (PipedReader shown : starting) {
            ready.add(readyLine(shown));
        }
        return ready.getFirst();
    }

    private static PipedReader startOne(Path config) throws IOException {
        PipedReader shown = new PipedReader(READY_CHARACTERS_MAX);
        PrintWriter out = new PrintWriter(new PipedWriter(shown), true);
        Thread.ofPlatform()
                .daemon()
                .name(config.getFileName().toString())
                .start(() -> {
                    try (out) {
                        CommandLine commands = Main.commandLine();
                        commands.setOut(out);
                        commands.execute("server", "start", "--config", config.toString());
                    }
                });
        return shown;
    }

    private static ReadyLine readyLine(PipedReader shown) throws CommandFailure, IOException {
        StringBuilder text = new StringBuilder();
        int character = shown.read();
        while (character >= 0) {
            text.append((char) character);
            Optional<ReadyLine> ready =
                    character == '\n' ? ReadyLine.find(text.toString()) : Optional.empty();
            if (ready.isPresent()) {
                return ready.get();
            }
            character = shown.read();
        }
        throw new CommandFailure("a broker did not become ready: " + text);
    }
}
