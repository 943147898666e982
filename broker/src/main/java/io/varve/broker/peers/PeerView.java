// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.peers;

import io.varve.broker.config.BrokerConfig.Seed;
import io.varve.broker.config.HostPort;
import io.varve.broker.metadata.BrokerIdentity;
import io.varve.broker.metadata.ClusterMetadata;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.apache.kafka.metadata.BrokerRegistration;

/// Where the other brokers are, and which one is the controller, as this broker knows. Thread-safe.
///
/// @param seeds of the configuration: where they are before the metadata says it
/// @param controller node id of who leads the metadata shard
public record PeerView(
        int nodeId, ClusterMetadata metadata, List<Seed> seeds, Supplier<OptionalInt> controller) {
    public PeerView {
        seeds = List.copyOf(seeds);
    }

    /// A broker's Raft listener.
    public Optional<HostPort> address(int broker) {
        BrokerRegistration known = metadata.image().cluster().broker(broker);
        Optional<HostPort> registered =
                known == null
                        ? Optional.empty()
                        : known.node(BrokerIdentity.RAFT_LISTENER)
                                .map(node -> new HostPort(node.host(), node.port()));
        return registered.or(() ->
                seeds.stream()
                        .filter(seed -> seed.nodeId() == broker)
                        .map(Seed::address)
                        .findFirst());
    }

    /// Whom to ask for the controller, the likeliest first; never this broker.
    List<HostPort> controllers() {
        OptionalInt known = controller.get();
        if (known.isPresent()) {
            return known.getAsInt() == nodeId
                    ? List.of()
                    : address(known.getAsInt()).map(List::of).orElse(List.of());
        }
        return seeds.stream().filter(seed -> seed.nodeId() != nodeId).map(Seed::address).toList();
    }
}
