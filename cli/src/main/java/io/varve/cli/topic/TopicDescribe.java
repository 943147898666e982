// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `varve topic describe`
@Command(
        name = "describe",
        description = "A topic's partitions and its own settings.",
        footer = {"", "Example:  varve topic describe orders"})
final class TopicDescribe implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name = "";

    /// What is printed.
    record Described(
            String topic,
            String topicId,
            List<Partition> partitions,
            Map<String, String> configs) {}

    /// One partition.
    record Partition(int partition, int leader, List<Integer> replicas, List<Integer> isr) {}

    @Override
    public Integer call() throws CommandFailure {
        try (Admin admin = cluster.admin()) {
            TopicDescription topic =
                    cluster.ask(
                            "cannot describe topic " + name,
                            admin.describeTopics(List.of(name)).topicNameValues().get(name));
            Described described =
                    new Described(
                            name,
                            topic.topicId().toString(),
                            topic.partitions().stream().map(TopicDescribe::partition).toList(),
                            configs(admin));
            output.print(described, text(described));
            return ExitCode.DONE;
        }
    }

    private Map<String, String> configs(Admin admin) throws CommandFailure {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        Config config =
                cluster.ask(
                        "cannot read the settings of " + name,
                        admin.describeConfigs(List.of(resource)).values().get(resource));
        Map<String, String> own = new TreeMap<>();
        for (ConfigEntry entry : config.entries()) {
            if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) {
                own.put(entry.name(), String.valueOf(entry.value()));
            }
        }
        return own;
    }

    private static Partition partition(TopicPartitionInfo info) {
        Node leader = info.leader();
        return new Partition(
                info.partition(),
                leader == null ? -1 : leader.id(),
                info.replicas().stream().map(Node::id).toList(),
                info.isr().stream().map(Node::id).toList());
    }

    private static String text(Described described) {
        Table table = new Table("PARTITION", "LEADER", "REPLICAS", "ISR");
        described
                .partitions()
                .forEach(p -> table.row(p.partition(), p.leader(), p.replicas(), p.isr()));
        StringBuilder text = new StringBuilder();
        text.append("topic ").append(described.topic()).append(", id ").append(described.topicId());
        text.append('\n').append(table);
        described
                .configs()
                .forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
        return text.toString();
    }
}
