// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.cluster;

import io.varve.broker.http.AdminView.ClusterState;
import io.varve.broker.http.AdminView.ShardState;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve cluster shards`
@Command(
        name = "shards",
        description = "Every shard: who carries it, who leads it, who keeps up.",
        footer = {
            "",
            "Shard 0 carries the metadata. The first replica is the preferred leader.",
            "Example:  varve cluster shards"
        })
final class ClusterShards implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Override
    public Integer call() throws CommandFailure {
        ClusterState state = ClusterStates.of(cluster);
        Table table = new Table("SHARD", "LEADER", "TERM", "REPLICAS", "IN-SYNC");
        for (ShardState shard : state.shards()) {
            table.row(
                    shard.shard(),
                    shard.leader() < 0 ? "none" : shard.leader(),
                    shard.term(),
                    joined(shard.replicas()),
                    joined(shard.inSync()));
        }
        output.print(Map.of("shards", state.shards()), table.toString());
        return ExitCode.DONE;
    }

    private static String joined(List<Integer> nodes) {
        return nodes.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
