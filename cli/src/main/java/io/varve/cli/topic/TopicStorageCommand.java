// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.topic;

import io.varve.broker.http.AdminView.PartitionStorage;
import io.varve.broker.http.AdminView.TopicStorage;
import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `varve topic storage`
@Command(
        name = "storage",
        description =
                "Where a topic's records are: per partition, on local disk, in journals, in segments.",
        footer = {
            "",
            "Offsets below HOT-START are served from the bucket only; ends are exclusive.",
            "Example:  varve topic storage orders"
        })
final class TopicStorageCommand implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(index = "0", paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() throws CommandFailure {
        String path =
                "/api/v1/topics/" + URLEncoder.encode(name, StandardCharsets.UTF_8) + "/storage";
        List<PartitionStorage> partitions = new ArrayList<>();
        for (BrokerHttp broker : cluster.brokers()) {
            partitions.addAll(broker.get(path, TopicStorage.class).partitions());
        }
        partitions.sort(Comparator.comparingInt(PartitionStorage::partition));
        TopicStorage storage = new TopicStorage(name, partitions);
        output.print(storage, text(storage));
        return ExitCode.DONE;
    }

    private static String text(TopicStorage storage) {
        Table table =
                new Table(
                        "PARTITION",
                        "SHARD",
                        "LOG-START",
                        "HOT-START",
                        "ARCHIVED-END",
                        "JOURNALED-END",
                        "HIGH-WATERMARK",
                        "HOT-BYTES",
                        "COLD-BYTES",
                        "LAG-MS",
                        "LAG-RECORDS");
        for (PartitionStorage partition : storage.partitions()) {
            table.row(
                    partition.partition(),
                    partition.shard(),
                    partition.logStartOffset(),
                    partition.hotStartOffset(),
                    partition.archivedEndOffset(),
                    partition.journaledEndOffset(),
                    partition.highWatermark(),
                    partition.hotBytes(),
                    partition.coldBytes(),
                    partition.lagMs(),
                    partition.lagRecords());
        }
        return table.toString();
    }
}
