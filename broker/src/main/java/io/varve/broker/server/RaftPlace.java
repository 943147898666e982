// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.HostPort;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftSettings;

/// Where this broker's Raft listens, and where others reach it: a seed at the address that
/// `cluster.seeds` gives it, any other where it listens. Stateless.
final class RaftPlace {
    private RaftPlace() {}

    static RaftSettings settings(
            BrokerConfig config,
            DataDirectory directory,
            DirectoryIdentity identity,
            int entryBytesMax) {
        HostPort listener = config.listeners().raft();
        HostPort advertised =
                config.node().seeds().stream()
                        .filter(seed -> seed.nodeId() == identity.nodeId())
                        .map(BrokerConfig.Seed::address)
                        .findFirst()
                        .orElse(listener);
        return RaftSettings.of(
                new RaftMember(
                        new RaftPeerName(identity.nodeId(), identity.peerBits()),
                        advertised.host(),
                        advertised.port()),
                directory.raft(),
                listener.host(),
                listener.port(),
                entryBytesMax);
    }
}
