// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.cluster;

import io.varve.broker.http.AdminView.BrokerState;
import io.varve.broker.http.AdminView.ClusterState;
import io.varve.broker.http.AdminView.ShardState;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve cluster health`
@Command(
        name = "health",
        description =
                "Whether every broker is alive, and every shard has a leader and all replicas.",
        footer = {"", "Exit code 1 when something is not.", "Example:  varve cluster health"})
final class ClusterHealth implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    /// @param problems one line each, what and where
    record Health(
            boolean healthy,
            int controllerId,
            int brokers,
            int brokersAlive,
            int shards,
            List<Integer> leaderless,
            List<Integer> underReplicated,
            List<String> problems) {}

    @Override
    public Integer call() throws CommandFailure {
        Health health = of(ClusterStates.of(cluster));
        output.print(health, text(health));
        return health.healthy() ? ExitCode.DONE : ExitCode.BAD_NEWS;
    }

    static Health of(ClusterState state) {
        List<String> problems = new ArrayList<>();
        if (state.controllerId() < 0) {
            problems.add("no controller is known");
        }
        List<BrokerState> dead =
                state.brokers().stream().filter(broker -> !broker.alive()).toList();
        dead.forEach(broker -> problems.add("broker is not alive: broker=" + broker.nodeId()));
        List<Integer> leaderless = new ArrayList<>();
        List<Integer> under = new ArrayList<>();
        for (ShardState shard : state.shards()) {
            if (shard.leader() < 0) {
                leaderless.add(shard.shard());
                problems.add("shard has no leader: shard=" + shard.shard());
            }
            if (shard.inSync().size() < shard.replicas().size()) {
                under.add(shard.shard());
                problems.add(
                        "shard lacks replicas: shard="
                                + shard.shard()
                                + ", replicas="
                                + shard.replicas()
                                + ", inSync="
                                + shard.inSync());
            }
        }
        return new Health(
                problems.isEmpty(),
                state.controllerId(),
                state.brokers().size(),
                state.brokers().size() - dead.size(),
                state.shards().size(),
                leaderless,
                under,
                problems);
    }

    private static String text(Health health) {
        String head =
                (health.healthy() ? "healthy" : "NOT healthy")
                        + ": "
                        + health.brokersAlive()
                        + " of "
                        + health.brokers()
                        + " brokers alive, "
                        + health.shards()
                        + " shards, controller "
                        + (health.controllerId() < 0 ? "unknown" : health.controllerId());
        StringBuilder text = new StringBuilder(head).append('\n');
        health.problems().forEach(problem -> text.append(problem).append('\n'));
        return text.toString();
    }
}
