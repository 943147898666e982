// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.Endpoint;
import io.varve.broker.config.HostPort;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// What a broker says of itself when it registers. Immutable.
///
/// @param incarnation new at each start of the process
/// @param peerBits random bits of its directory: a wiped one is another Raft peer
/// @param raft where other brokers reach it
/// @param advertised where clients reach it, with real ports
public record BrokerIdentity(
        int nodeId,
        Uuid incarnation,
        Uuid peerBits,
        HostPort raft,
        Optional<String> rack,
        List<Endpoint> advertised) {
    /// The listener under which the metadata keeps [#raft()].
    public static final String RAFT_LISTENER = "RAFT";

    public BrokerIdentity {
        advertised = List.copyOf(advertised);
    }
}
