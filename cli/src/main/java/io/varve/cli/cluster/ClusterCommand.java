// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.cluster;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `varve cluster`
@Command(
        name = "cluster",
        description = "The brokers of a cluster, its shards, and whether all is well.",
        footer = {"", "Example:  varve cluster health"},
        subcommands = {
            ClusterHealth.class,
            ClusterBrokers.class,
            ClusterShards.class,
            ClusterMoveLeader.class
        })
public final class ClusterCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
