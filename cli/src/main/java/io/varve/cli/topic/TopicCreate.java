// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve topic create`
@Command(
        name = "create",
        description = "Creates a topic.",
        footer = {
            "",
            "Example:  varve topic create orders --partitions 3 --config retention.ms=86400000"
        })
final class TopicCreate implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name = "";

    @Option(
            names = "--partitions",
            description = "how many (default: the broker's)",
            paramLabel = "N")
    private @Nullable Integer partitions;

    @Option(
            names = "--replication",
            description = "replicas (default: the broker's)",
            paramLabel = "R")
    private @Nullable Short replication;

    @Option(names = "--config", description = "a setting; may come again", paramLabel = "KEY=VALUE")
    private Map<String, String> configs = new TreeMap<>();

    /// What is printed.
    record Created(String topic, String topicId, int partitions, int replication) {}

    @Override
    public Integer call() throws CommandFailure {
        try (Admin admin = cluster.admin()) {
            NewTopic topic =
                    new NewTopic(
                                    name,
                                    Optional.ofNullable(partitions),
                                    Optional.ofNullable(replication))
                            .configs(configs);
            CreateTopicsResult result = admin.createTopics(List.of(topic));
            cluster.ask("cannot create topic " + name, result.values().get(name));
            Created created =
                    new Created(
                            name,
                            cluster.ask("topic created, its id is not known", result.topicId(name))
                                    .toString(),
                            cluster.ask("topic created", result.numPartitions(name)),
                            cluster.ask("topic created", result.replicationFactor(name)));
            output.print(
                    created,
                    "created topic "
                            + name
                            + ": partitions="
                            + created.partitions()
                            + ", replication="
                            + created.replication()
                            + "\n");
            return ExitCode.DONE;
        }
    }
}
