// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.cluster;

import io.varve.broker.http.AdminView.ClusterInfo;
import io.varve.broker.http.AdminView.ClusterState;
import io.varve.broker.http.AdminView.ShardState;
import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `varve cluster move-leader`
@Command(
        name = "move-leader",
        description = "Hands a shard's leadership to another of its replicas.",
        footer = {
            "",
            "Leadership goes back to the preferred replica after a while: see varve cluster shards.",
            "Example:  varve cluster move-leader --shard 1 --to 2"
        })
final class ClusterMoveLeader implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Option(
            names = "--shard",
            required = true,
            description = "number of the shard",
            paramLabel = "N")
    private int shard;

    @Option(
            names = "--to",
            required = true,
            description = "node id of the broker that is to lead",
            paramLabel = "BROKER")
    private int to;

    @Override
    public Integer call() throws CommandFailure {
        ClusterState state = ClusterStates.of(cluster);
        ShardState known =
                state.shards().stream()
                        .filter(each -> each.shard() == shard)
                        .findFirst()
                        .orElseThrow(() ->
                                new CommandFailure(
                                        "no such shard: shard="
                                                + shard
                                                + "; varve cluster shards shows what there is"));
        if (!known.replicas().contains(to)) {
            throw new CommandFailure(
                    "no replica there: shard="
                            + shard
                            + ", broker="
                            + to
                            + ", replicas="
                            + known.replicas());
        }
        if (known.leader() == to) {
            output.print(
                    Map.of("shard", shard, "leader", to), "broker " + to + " leads it already\n");
            return ExitCode.DONE;
        }
        for (BrokerHttp broker : cluster.brokers()) {
            if (broker.get("/api/v1/cluster", ClusterInfo.class).nodeId() == known.leader()) {
                broker.post("/api/v1/shards/" + shard + "/leader?to=" + to);
                output.print(
                        Map.of("shard", shard, "leader", to),
                        "shard " + shard + " is led by broker " + to + "\n");
                return ExitCode.DONE;
            }
        }
        throw new CommandFailure(
                "nobody leads the shard now: shard=" + shard + "; see varve cluster health");
    }
}
