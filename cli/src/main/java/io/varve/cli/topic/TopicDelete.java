// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.Confirmation;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `varve topic delete`
@Command(
        name = "delete",
        description =
                "Deletes topics. Their objects stay in the bucket until the undelete time is over.",
        footer = {"", "Example:  varve topic delete orders --yes"})
final class TopicDelete implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();
    @Mixin private final Confirmation confirmation = new Confirmation();

    @Parameters(arity = "1..*", paramLabel = "NAME")
    private List<String> names = List.of();

    /// What is printed.
    record Deleted(List<String> topics, boolean done) {}

    @Override
    public Integer call() throws CommandFailure {
        if (!confirmation.granted(
                output, "delete topics " + names + " at " + cluster.bootstrap())) {
            output.print(new Deleted(names, false), "nothing deleted\n");
            return confirmation.dryRun() ? ExitCode.DONE : ExitCode.BAD_NEWS;
        }
        try (Admin admin = cluster.admin()) {
            cluster.ask("cannot delete topics " + names, admin.deleteTopics(names).all());
            output.print(new Deleted(names, true), "deleted " + String.join(", ", names) + "\n");
            return ExitCode.DONE;
        }
    }
}
