// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.archive;

import io.varve.broker.http.AdminView.Flushed;
import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
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
    /// Long enough to elect a leader, and to fence a broker that died.
    private static final Duration LEADER_LIMIT = Duration.ofSeconds(30);

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
        FlushRounds rounds =
                new FlushRounds(
                        () ->
                                cluster.brokers().stream()
                                        .map(broker -> asked(broker, query))
                                        .toList(),
                        LEADER_LIMIT);
        Flushed flushed = rounds.flush(partitions());
        Table table = new Table("TOPIC", "PARTITION", "END-OFFSET");
        flushed.partitions().forEach(p -> table.row(p.topic(), p.partition(), p.endOffset()));
        output.print(flushed, table.toString());
        return ExitCode.DONE;
    }

    private static FlushRounds.Broker asked(BrokerHttp broker, String query) {
        return () -> broker.post("/api/v1/archive/flush" + query, Flushed.class);
    }

    /// All that are to be flushed, asked before.
    private Set<TopicPartition> partitions() throws CommandFailure {
        try (Admin admin = cluster.admin()) {
            String name = topic;
            Collection<String> names =
                    name != null
                            ? List.of(name)
                            : cluster.ask(
                                    "cannot list the topics",
                                    admin.listTopics(new ListTopicsOptions().listInternal(true))
                                            .names());
            Set<TopicPartition> partitions = new LinkedHashSet<>();
            for (TopicDescription described :
                    cluster.ask(
                                    "cannot describe the topics",
                                    admin.describeTopics(names).allTopicNames())
                            .values()) {
                described
                        .partitions()
                        .forEach(partition ->
                                partitions.add(
                                        new TopicPartition(
                                                described.name(), partition.partition())));
            }
            return partitions;
        }
    }
}
