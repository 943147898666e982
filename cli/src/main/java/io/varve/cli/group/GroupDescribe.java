// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.group;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `varve group describe`
@Command(
        name = "describe",
        description = "A group's committed offsets, and how far it is behind.",
        footer = {"", "Example:  varve group describe billing"})
final class GroupDescribe implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name = "";

    /// What is printed.
    record Described(String group, List<Row> partitions) {}

    /// One partition that the group has committed for.
    record Row(String topic, int partition, long committedOffset, long endOffset, long lag) {}

    @Override
    public Integer call() throws CommandFailure {
        try (Admin admin = cluster.admin()) {
            Map<TopicPartition, OffsetAndMetadata> committed =
                    cluster.ask(
                            "cannot read the offsets of group " + name,
                            admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata());
            committed.values().removeIf(java.util.Objects::isNull);
            Map<TopicPartition, ListOffsetsResultInfo> ends =
                    cluster.ask(
                            "cannot read end offsets",
                            admin.listOffsets(
                                            committed.keySet().stream()
                                                    .collect(
                                                            Collectors.toMap(
                                                                    Function.identity(),
                                                                    tp -> OffsetSpec.latest())))
                                    .all());
            Described described = new Described(name, rows(committed, ends));
            Table table = new Table("TOPIC", "PARTITION", "COMMITTED", "END", "LAG");
            described
                    .partitions()
                    .forEach(row ->
                            table.row(
                                    row.topic(),
                                    row.partition(),
                                    row.committedOffset(),
                                    row.endOffset(),
                                    row.lag()));
            output.print(described, table.toString());
            return ExitCode.DONE;
        }
    }

    private static List<Row> rows(
            Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, ListOffsetsResultInfo> ends) {
        List<Row> rows = new ArrayList<>();
        committed.forEach((tp, offset) -> {
            ListOffsetsResultInfo end = ends.get(tp);
            long endOffset = end == null ? offset.offset() : end.offset();
            rows.add(
                    new Row(
                            tp.topic(),
                            tp.partition(),
                            offset.offset(),
                            endOffset,
                            Math.max(0, endOffset - offset.offset())));
        });
        rows.sort(Comparator.comparing(Row::topic).thenComparingInt(Row::partition));
        return rows;
    }
}
