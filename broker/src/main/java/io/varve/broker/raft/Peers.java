// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.util.List;
import org.apache.ratis.protocol.RaftPeer;

/// Members as Ratis wants them, and back. All have one priority, so that leadership can be handed
/// to any of them. Stateless.
final class Peers {
    private static final int PRIORITY = 1;

    private Peers() {}

    static RaftPeer of(RaftMember member) {
        return RaftPeer.newBuilder()
                .setId(member.name().toString())
                .setAddress(member.host() + ":" + member.port())
                .setPriority(PRIORITY)
                .build();
    }

    static List<RaftPeer> of(List<RaftMember> members) {
        return members.stream().map(Peers::of).toList();
    }

    static RaftMember member(RaftPeer peer) {
        String address = peer.getAddress();
        int colon = address.lastIndexOf(':');
        return new RaftMember(
                RaftPeerName.parse(peer.getId().toString()),
                address.substring(0, colon),
                Integer.parseInt(address.substring(colon + 1)));
    }
}
