// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The brokers of one cluster, as processes, with one bucket. All are killed when it is closed.
/// Owner: one thread.
final class BrokerNodes implements AutoCloseable {
    private final List<BrokerNode> nodes = new ArrayList<>();

    private BrokerNodes() {}

    /// Brokers 1 to `count`, with their data in folders of `folder`; not started.
    static BrokerNodes in(Path folder, int count) throws IOException {
        BrokerNodes cluster = new BrokerNodes();
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ports.add(Program.freePort());
        }
        String seeds =
                IntStream.range(0, count)
                        .mapToObj(i -> i + 1 + "@127.0.0.1:" + ports.get(i))
                        .collect(Collectors.joining(","));
        for (int i = 0; i < count; i++) {
            BrokerNode node =
                    BrokerNode.in(folder.resolve("broker-" + (i + 1)))
                            .with("node.id", String.valueOf(i + 1))
                            .with("archive.bucket", "file://" + folder.resolve("bucket"))
                            .with("archive.interval.ms", "500");
            if (count > 1) {
                node.with("cluster.seeds", seeds)
                        .with("raft.listener", "127.0.0.1:" + ports.get(i))
                        .with("default.replication.factor", String.valueOf(Math.min(3, count)));
            }
            cluster.nodes.add(node);
        }
        return cluster;
    }

    /// Starts those that do not run; returns when every one is ready.
    BrokerNodes start() throws IOException {
        List<BrokerNode> dead = nodes.stream().filter(node -> !node.alive()).toList();
        for (BrokerNode node : dead) {
            node.spawn();
        }
        for (BrokerNode node : dead) {
            node.awaitReady();
        }
        return this;
    }

    BrokerNode node(int id) {
        return nodes.get(id - 1);
    }

    /// Where clients connect.
    String kafka() {
        return nodes.stream().map(BrokerNode::kafka).collect(Collectors.joining(","));
    }

    String bucketUrl() {
        return nodes.getFirst().bucketUrl();
    }

    /// SIGKILL to each.
    void kill() {
        nodes.forEach(BrokerNode::kill);
    }

    @Override
    public void close() {
        nodes.forEach(BrokerNode::close);
    }
}
