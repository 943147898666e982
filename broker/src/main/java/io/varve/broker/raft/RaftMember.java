// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

/// A peer of a group and where it listens.
public record RaftMember(RaftPeerName name, String host, int port) {
    public RaftMember {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("bad port: peer=" + name + ", port=" + port);
        }
    }
}
