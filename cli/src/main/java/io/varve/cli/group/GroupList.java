// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.group;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve group list`
@Command(
        name = "list",
        description = "Lists the groups.",
        footer = {"", "Example:  varve group list"})
final class GroupList implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    /// What is printed.
    record Groups(List<Row> groups) {}

    /// One group.
    record Row(String group, String type, String protocol, String state) {}

    @Override
    public Integer call() throws CommandFailure {
        try (Admin admin = cluster.admin()) {
            List<Row> rows =
                    cluster.ask("cannot list groups", admin.listGroups().all()).stream()
                            .map(group ->
                                    new Row(
                                            group.groupId(),
                                            group.type().map(Object::toString).orElse("unknown"),
                                            group.protocol(),
                                            group.groupState()
                                                    .map(Object::toString)
                                                    .orElse("unknown")))
                            .sorted(Comparator.comparing(Row::group))
                            .toList();
            Table table = new Table("GROUP", "TYPE", "PROTOCOL", "STATE");
            rows.forEach(row -> table.row(row.group(), row.type(), row.protocol(), row.state()));
            output.print(new Groups(rows), table.toString());
            return ExitCode.DONE;
        }
    }
}
