// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `varve topic list`
@Command(
        name = "list",
        description = "Lists the topics.",
        footer = {"", "Example:  varve topic list -o json"})
final class TopicList implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Option(names = "--internal", description = "show internal topics too")
    private boolean internal;

    /// What is printed.
    record Topics(List<Row> topics) {}

    /// One topic.
    record Row(String topic, String topicId, int partitions, int replication, boolean internal) {}

    @Override
    public Integer call() throws CommandFailure {
        try (Admin admin = cluster.admin()) {
            ListTopicsOptions options = new ListTopicsOptions().listInternal(internal);
            List<String> names =
                    cluster.ask("cannot list topics", admin.listTopics(options).names()).stream()
                            .toList();
            List<Row> rows =
                    cluster
                            .ask(
                                    "cannot describe topics",
                                    admin.describeTopics(names).allTopicNames())
                            .values()
                            .stream()
                            .map(TopicList::row)
                            .sorted(Comparator.comparing(Row::topic))
                            .toList();
            Table table = new Table("TOPIC", "PARTITIONS", "REPLICATION", "ID");
            rows.forEach(row ->
                    table.row(row.topic(), row.partitions(), row.replication(), row.topicId()));
            output.print(new Topics(rows), table.toString());
            return ExitCode.DONE;
        }
    }

    private static Row row(TopicDescription topic) {
        int replication =
                topic.partitions().isEmpty() ? 0 : topic.partitions().getFirst().replicas().size();
        return new Row(
                topic.name(),
                topic.topicId().toString(),
                topic.partitions().size(),
                replication,
                topic.isInternal());
    }
}
