// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve topic alter`
@Command(
        name = "alter",
        description = "Changes a topic's settings, or gives it more partitions.",
        footer = {
            "",
            "Example:  varve topic alter orders --config local.retention.ms=3600000 --delete-config retention.bytes"
        })
final class TopicAlter implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name = "";

    @Option(names = "--config", description = "a setting; may come again", paramLabel = "KEY=VALUE")
    private Map<String, String> configs = new TreeMap<>();

    @Option(
            names = "--delete-config",
            description = "back to the default; may come again",
            paramLabel = "KEY")
    private List<String> deleted = new ArrayList<>();

    @Option(names = "--partitions", description = "new number of partitions", paramLabel = "N")
    private @Nullable Integer partitions;

    /// What is printed.
    record Altered(
            String topic,
            Map<String, String> configs,
            List<String> deletedConfigs,
            @Nullable Integer partitions) {}

    @Override
    public Integer call() throws CommandFailure {
        if (configs.isEmpty() && deleted.isEmpty() && partitions == null) {
            throw new CommandFailure(
                    "nothing to change: "
                            + name
                            + "; give --config, --delete-config or --partitions");
        }
        try (Admin admin = cluster.admin()) {
            alterConfigs(admin);
            Integer count = partitions;
            if (count != null) {
                cluster.ask(
                        "cannot add partitions to " + name,
                        admin.createPartitions(Map.of(name, NewPartitions.increaseTo(count)))
                                .all());
            }
            output.print(
                    new Altered(name, configs, deleted, partitions),
                    "altered topic " + name + "\n");
            return ExitCode.DONE;
        }
    }

    private void alterConfigs(Admin admin) throws CommandFailure {
        List<AlterConfigOp> changes = new ArrayList<>();
        configs.forEach((key, value) ->
                changes.add(
                        new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
        deleted.forEach(key ->
                changes.add(
                        new AlterConfigOp(new ConfigEntry(key, ""), AlterConfigOp.OpType.DELETE)));
        if (changes.isEmpty()) {
            return;
        }
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        cluster.ask(
                "cannot change the settings of " + name,
                admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
    }
}
