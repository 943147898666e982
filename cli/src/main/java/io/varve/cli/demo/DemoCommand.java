// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Folders;
import io.varve.cli.shell.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `varve demo`
@Command(
        name = "demo",
        description =
                "Writes, archives, loses every broker and every disk, restores from the bucket, compares. Under a minute.",
        footer = {
            "",
            "Exit code 0 only if every record and group offset is what was acknowledged.",
            "Example:  varve demo --keep"
        })
public final class DemoCommand implements Callable<Integer> {
    @Mixin private final Output output = new Output();

    @Option(
            names = "--bucket",
            description = "an empty bucket (default: a temporary directory)",
            paramLabel = "URL")
    private @Nullable String bucket;

    @Option(names = "--keep", description = "leave the restored brokers running")
    private boolean keep;

    @Option(names = "--seed", description = "replay the random payloads of a run", paramLabel = "N")
    private @Nullable Long seed;

    @Override
    public Integer call() throws CommandFailure {
        long usedSeed = seed == null ? new SecureRandom().nextLong() : seed;
        try {
            Path folder = Files.createTempDirectory("varve-demo-");
            String url = bucket == null ? folder.resolve("bucket").toUri().toString() : bucket;
            DemoReport report = run(folder, url, usedSeed);
            output.print(report, text(report));
            if (report.ok() && !keep) {
                Folders.remove(folder);
            } else {
                output.say("data and logs: " + folder);
            }
            return report.ok() ? ExitCode.DONE : ExitCode.BAD_NEWS;
        } catch (IOException e) {
            throw new CommandFailure("cannot use the temporary directory: " + e, e);
        }
    }

    private DemoReport run(Path folder, String url, long usedSeed) throws IOException {
        output.say("varve demo: seed " + usedSeed + ", bucket " + url);
        try (Demo demo = new Demo(folder, url, usedSeed)) {
            DemoScript script = new DemoScript(demo, step -> output.say(line(step)));
            boolean ok = script.run();
            DemoReport report =
                    new DemoReport(ok, usedSeed, url, script.steps(), demo.rpo(), script.rto());
            if (ok && keep) {
                for (BrokerProcess broker : demo.keep()) {
                    output.say(
                            "a restored broker runs on: kafka="
                                    + broker.kafka()
                                    + " http="
                                    + broker.http()
                                    + " pid="
                                    + broker.pid()
                                    + "; stop it with: kill "
                                    + broker.pid());
                }
            }
            return report;
        }
    }

    private static String line(DemoReport.Step step) {
        return String.format(
                Locale.ROOT,
                "%-4s %6.2f s  %s: %s",
                step.ok() ? "ok" : "FAIL",
                step.seconds(),
                step.step(),
                step.result());
    }

    private static String text(DemoReport report) {
        return String.format(
                Locale.ROOT,
                "%s%nRPO %.2f s, %d records%nRTO first read %.2f s, first write %.2f s, groups ready %.2f s%n",
                report.ok()
                        ? "every record and every group offset is what was acknowledged"
                        : "FAILED, see above",
                report.rpo().seconds(),
                report.rpo().records(),
                report.rto().firstReadSeconds(),
                report.rto().firstWriteSeconds(),
                report.rto().groupsReadySeconds());
    }
}
