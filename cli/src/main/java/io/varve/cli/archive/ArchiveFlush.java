// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.archive;

import io.varve.broker.http.AdminView.Flushed;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve archive flush`
@Command(
        name = "flush",
        description =
                "Returns when everything acknowledged before is in the bucket; prints up to which offsets.",
        footer = {"", "Example:  varve archive flush orders"})
final class ArchiveFlush implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "TOPIC",
            description = "one topic (default: all)")
    private @Nullable String topic;

    @Option(
            names = "--segments",
            description = "write segment objects too, so that local disk can be freed")
    private boolean segments;

    @Override
    public Integer call() throws CommandFailure {
        String name = topic;
        String query =
                "?segments="
                        + segments
                        + (name == null
                                ? ""
                                : "&topic=" + URLEncoder.encode(name, StandardCharsets.UTF_8));
        Flushed flushed = cluster.http().post("/api/v1/archive/flush" + query, Flushed.class);
        Table table = new Table("TOPIC", "PARTITION", "END-OFFSET");
        flushed.partitions().forEach(p -> table.row(p.topic(), p.partition(), p.endOffset()));
        output.print(flushed, table.toString());
        return ExitCode.DONE;
    }
}
