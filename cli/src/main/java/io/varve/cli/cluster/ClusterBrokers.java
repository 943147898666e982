// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.cluster;

import io.varve.broker.http.AdminView.BrokerState;
import io.varve.broker.http.AdminView.ClusterState;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve cluster brokers`
@Command(
        name = "brokers",
        description = "Every registered broker, whether it is alive, and what it carries.",
        footer = {"", "Example:  varve cluster brokers --bootstrap 127.0.0.1:9092"})
final class ClusterBrokers implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Override
    public Integer call() throws CommandFailure {
        ClusterState state = ClusterStates.of(cluster);
        output.print(
                Map.of("controllerId", state.controllerId(), "brokers", state.brokers()),
                text(state));
        return ExitCode.DONE;
    }

    private static String text(ClusterState state) {
        Table table =
                new Table(
                        "BROKER",
                        "ALIVE",
                        "CONTROLLER",
                        "KAFKA",
                        "RAFT",
                        "RACK",
                        "SHARDS-LED",
                        "REPLICAS");
        for (BrokerState broker : state.brokers()) {
            table.row(
                    broker.nodeId(),
                    broker.alive() ? "yes" : "no",
                    broker.nodeId() == state.controllerId() ? "yes" : "no",
                    broker.kafka(),
                    broker.raft(),
                    broker.rack() == null ? "-" : broker.rack(),
                    broker.shardsLed(),
                    broker.replicas());
        }
        return table.toString();
    }
}
