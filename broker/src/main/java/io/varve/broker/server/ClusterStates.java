// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.HostPort;
import io.varve.broker.http.AdminView.BrokerState;
import io.varve.broker.http.AdminView.ClusterState;
import io.varve.broker.http.AdminView.ShardState;
import io.varve.broker.metadata.BrokerIdentity;
import io.varve.broker.raft.RaftGroupHandle;
import io.varve.broker.raft.RaftMember;
import io.varve.manifest.ShardId;
import io.varve.manifest.metadata.ShardRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.metadata.BrokerRegistration;

/// What this broker knows of the cluster, put together for people. Thread-safe.
///
/// @param listener the Kafka listener whose addresses are shown
record ClusterStates(NodeCluster cluster, ShardSet here, String listener) {
    ClusterState now() {
        List<ShardState> shards = new ArrayList<>();
        shards.add(metadataShard());
        for (ShardRow row : cluster.shards().rows().values()) {
            int leader = row.leader();
            shards.add(
                    new ShardState(
                            row.number(),
                            alive(leader) ? leader : ShardRow.NO_LEADER,
                            row.term(),
                            row.nodes(),
                            row.isr().stream().filter(this::alive).toList()));
        }
        return new ClusterState(
                cluster.controllerId().orElse(ShardRow.NO_LEADER), brokers(shards), shards);
    }

    /// 1 on the controller, else 0: over all brokers the sum is 1.
    int controllersHere() {
        return cluster.controllerId().orElse(ShardRow.NO_LEADER) == cluster.nodeId() ? 1 : 0;
    }

    private boolean alive(int node) {
        BrokerRegistration broker = cluster.image().cluster().broker(node);
        return broker != null && !broker.fenced();
    }

    private ShardState metadataShard() {
        OptionalInt leader = cluster.controllerId();
        Optional<RaftGroupHandle> raft = here.metadata().shard().raft();
        List<Integer> members =
                raft.map(RaftGroupHandle::members).orElse(List.of()).stream()
                        .map(RaftMember::name)
                        .map(name -> name.nodeId())
                        .sorted()
                        .toList();
        return new ShardState(
                ShardId.METADATA_SHARD,
                leader.orElse(ShardRow.NO_LEADER),
                raft.map(handle -> handle.role().term()).orElse(0L),
                members,
                members.stream().filter(this::alive).toList());
    }

    private List<BrokerState> brokers(List<ShardState> shards) {
        return cluster.image().cluster().brokers().values().stream()
                .sorted(Comparator.comparingInt(BrokerRegistration::id))
                .map(broker ->
                        new BrokerState(
                                broker.id(),
                                address(broker, listener),
                                address(broker, BrokerIdentity.RAFT_LISTENER),
                                broker.rack().orElse(null),
                                !broker.fenced(),
                                Math.toIntExact(
                                        shards.stream()
                                                .filter(shard -> shard.leader() == broker.id())
                                                .count()),
                                Math.toIntExact(
                                        shards.stream()
                                                .filter(shard ->
                                                        shard.replicas().contains(broker.id()))
                                                .count())))
                .toList();
    }

    private static String address(BrokerRegistration broker, String name) {
        Endpoint endpoint = broker.listeners().get(name);
        return endpoint == null
                ? ""
                : new HostPort(String.valueOf(endpoint.host()), endpoint.port()).toString();
    }
}
