// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.manifest.metadata.ShardRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.kafka.common.Node;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;

/// Who leads a partition, and at which address brokers are reached. The shard on this broker knows
/// the leader and its epoch better than the metadata does, which learn of it later. Thread-safe.
final class LeaderView {
    static final int NO_EPOCH = -1;

    private final ClusterView cluster;
    private final Partitions partitions;

    LeaderView(ClusterView cluster, Partitions partitions) {
        this.cluster = cluster;
        this.partitions = partitions;
    }

    /// @param nodeId -1 when nobody is known to lead
    /// @param epoch -1 when not known
    record Leader(int nodeId, int epoch) {
        boolean known() {
            return nodeId >= 0;
        }
    }

    /// Who carries a partition.
    ///
    /// @param offline replicas on brokers that are not alive
    record Replicas(List<Integer> all, List<Integer> inSync, List<Integer> offline) {}

    Replicas replicasOf(PartitionRegistration registration) {
        Optional<ShardRow> row = partitions.row(registration);
        List<Integer> all =
                row.map(ShardRow::nodes)
                        .orElseGet(() -> IntStream.of(registration.replicas).boxed().toList());
        return new Replicas(
                all,
                row.map(ShardRow::isr).orElse(List.of()),
                all.stream().filter(node -> !alive(node)).toList());
    }

    private boolean alive(int node) {
        BrokerRegistration broker = cluster.image().cluster().broker(node);
        return broker != null && !broker.fenced();
    }

    Leader leaderOf(TopicImage topic, int partition) {
        return switch (partitions.place(topic, partition)) {
            case PartitionPlace.Here here ->
                    new Leader(cluster.nodeId(), here.view().leaderEpoch());
            case PartitionPlace.Elsewhere other -> {
                OptionalInt leader = other.leader();
                yield new Leader(leader.orElse(-1), other.leaderEpoch().orElse(NO_EPOCH));
            }
            case PartitionPlace.Unknown _ -> new Leader(-1, NO_EPOCH);
        };
    }

    /// Brokers that are alive, with their addresses on a listener, by id.
    List<Node> nodes(String listener) {
        List<Node> nodes = new ArrayList<>();
        for (BrokerRegistration broker : cluster.image().cluster().brokers().values()) {
            if (!broker.fenced()) {
                broker.node(listener).ifPresent(nodes::add);
            }
        }
        nodes.sort(Comparator.comparingInt(Node::id));
        return nodes;
    }

    /// One of [#nodes(String)], if it is there.
    Optional<Node> node(int id, String listener) {
        return nodes(listener).stream().filter(node -> node.id() == id).findFirst();
    }
}
