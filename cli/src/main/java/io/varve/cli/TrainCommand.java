// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Folders;
import io.varve.cli.shell.ReadyLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `varve train DIR`: does once, in one process, what every day brings, so that the JVM can record
/// the classes that takes and which methods are hot (`-XX:AOTCacheOutput`, JEP 514 and 515). The
/// build runs it; a broker and every command start with what was recorded, in less than half of the
/// CPU time, and a broker is soon as fast as one that has run for a while.
@Command(name = "train", hidden = true, description = "Used by the build.")
final class TrainCommand implements Callable<Integer> {
    private static final String FOLDER = "varve-training";
    private static final String TOPIC = "training";

    @Parameters(paramLabel = "DIR", description = "where to put the training's folder")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path parent;

    @Override
    public Integer call() throws CommandFailure, IOException {
        Path folder = parent.resolve(FOLDER);
        if (Files.exists(folder)) {
            Folders.remove(folder);
        }
        Path records = Files.createDirectories(folder).resolve("records.txt");
        Files.writeString(records, "one\ntwo\nthree\n");
        ReadyLine ready = TrainingCluster.start(folder);
        String[] kafka = {"--bootstrap", ready.kafka()};
        String[] http = {"--http", ready.http()};
        String[] bucket = {"--bucket", ready.bucket()};
        run(kafka, "topic", "create", TOPIC, "--partitions", "2");
        run(kafka, "produce", TOPIC, "--input", records.toString());
        run(kafka, "consume", TOPIC, "--from", "earliest", "--max", "3", "--group", TOPIC);
        run(kafka, "group", "describe", TOPIC);
        run(kafka, "topic", "describe", TOPIC);
        run(http, "archive", "flush", "--segments");
        run(http, "topic", "storage", TOPIC);
        TrainingLoad.run(ready.kafka());
        run(bucket, "bucket", "ls");
        run(bucket, "recover", "plan", "--cluster");
        return ExitCode.DONE;
    }

    private static void run(String[] target, String... arguments) throws CommandFailure {
        StringWriter out = new StringWriter();
        CommandLine commands = Main.commandLine();
        commands.setOut(new PrintWriter(out));
        String[] all = Arrays.copyOf(arguments, arguments.length + target.length);
        System.arraycopy(target, 0, all, arguments.length, target.length);
        if (commands.execute(all) == ExitCode.FAILED) {
            throw new CommandFailure("a command failed: " + String.join(" ", all) + ": " + out);
        }
    }
}
