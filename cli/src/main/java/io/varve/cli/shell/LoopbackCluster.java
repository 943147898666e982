// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.shell;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// How brokers on the loopback address are configured that are one cluster with one bucket.
public final class LoopbackCluster {
    private LoopbackCluster() {}

    /// The properties of one broker, a line each.
    ///
    /// @param id from 1 on
    /// @param raftPorts of all brokers, by id
    /// @param kafkaPort 0: any that is free
    /// @param bucket its URL
    public static String properties(
            int id, List<Integer> raftPorts, int kafkaPort, Path data, String bucket) {
        int brokers = raftPorts.size();
        String seeds =
                IntStream.rangeClosed(1, brokers)
                        .mapToObj(seed -> seed + "@127.0.0.1:" + raftPorts.get(seed - 1))
                        .collect(Collectors.joining(","));
        return String.join(
                "\n",
                "node.id=" + id,
                "cluster.seeds=" + seeds,
                "raft.listener=127.0.0.1:" + raftPorts.get(id - 1),
                "listeners=PLAINTEXT://127.0.0.1:" + kafkaPort,
                "http.listener=127.0.0.1:0",
                "log.dirs=" + data,
                "archive.bucket=" + bucket,
                "default.replication.factor=" + brokers,
                "offsets.topic.replication.factor=" + brokers,
                "offsets.topic.num.partitions=6",
                "");
    }
}
