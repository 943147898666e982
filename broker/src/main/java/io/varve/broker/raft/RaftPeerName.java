// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.util.OptionalInt;

/// Name of a Raft peer: `<node.id>-<random bits of its directory>`. A node whose directory was lost
/// comes back as another peer, because it has forgotten what it voted for.
///
/// @param randomBits 32 lower-case hex digits, written when the directory is formatted
public record RaftPeerName(int nodeId, String randomBits) {
    public RaftPeerName {
        if (nodeId < 0 || !randomBits.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException(
                    "bad peer name: nodeId=" + nodeId + ", randomBits=" + randomBits);
        }
    }

    @Override
    public String toString() {
        return nodeId + "-" + randomBits;
    }

    /// @throws IllegalArgumentException it is no name of ours
    public static RaftPeerName parse(String peerName) {
        OptionalInt nodeId = nodeIdOf(peerName);
        if (nodeId.isEmpty()) {
            throw new IllegalArgumentException("bad peer name: peer=" + peerName);
        }
        return new RaftPeerName(nodeId.getAsInt(), peerName.substring(peerName.indexOf('-') + 1));
    }

    /// The node id in a peer's name, or empty when it is no name of ours.
    public static OptionalInt nodeIdOf(String peerName) {
        int dash = peerName.indexOf('-');
        if (dash < 1) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseInt(peerName.substring(0, dash)));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
