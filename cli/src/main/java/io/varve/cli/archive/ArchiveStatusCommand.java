// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.archive;

import io.varve.broker.http.AdminView.ArchiveStatus;
import io.varve.broker.http.AdminView.Job;
import io.varve.broker.http.AdminView.ShardStatus;
import io.varve.cli.shell.BrokerHttp;
import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import io.varve.cli.shell.Table;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `varve archive status`
@Command(
        name = "status",
        description = "How far the bucket is behind, by shard, and how the jobs do.",
        footer = {"", "Example:  varve archive status"})
final class ArchiveStatusCommand implements Callable<Integer> {
    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Override
    public Integer call() throws CommandFailure {
        ArchiveStatus status = status();
        output.print(status, text(status));
        return ExitCode.DONE;
    }

    /// Each shard as its leader sees it; one that nobody leads as some replica does.
    private ArchiveStatus status() throws CommandFailure {
        Map<Integer, ShardStatus> shards = new TreeMap<>();
        for (BrokerHttp broker : cluster.brokers()) {
            for (ShardStatus shard :
                    broker.get("/api/v1/archive/status", ArchiveStatus.class).shards()) {
                shards.merge(
                        shard.shard(), shard, (known, other) -> known.leader() ? known : other);
            }
        }
        return new ArchiveStatus(List.copyOf(shards.values()));
    }

    private static String text(ArchiveStatus status) {
        Table shards =
                new Table(
                        "SHARD",
                        "LEADER",
                        "APPLIED-END",
                        "JOURNALED-END",
                        "FLOOR",
                        "LAG-MS",
                        "LAG-BYTES");
        Table jobs = new Table("SHARD", "JOB", "LAST-SUCCESS", "LAST-ERROR");
        for (ShardStatus shard : status.shards()) {
            shards.row(
                    shard.shard(),
                    shard.leader() ? "yes" : "no",
                    shard.appliedEndIndex(),
                    shard.journaledEndIndex(),
                    shard.floorIndex(),
                    shard.lagMs(),
                    shard.lagBytes());
            for (Job job : shard.jobs()) {
                jobs.row(
                        shard.shard(),
                        job.job(),
                        orDash(job.lastSuccessAt()),
                        orDash(job.lastError()));
            }
        }
        return shards + "\n" + jobs;
    }

    private static String orDash(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "-" : text;
    }
}
