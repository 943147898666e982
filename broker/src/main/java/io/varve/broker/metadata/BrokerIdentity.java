// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.Endpoint;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// What a broker says of itself when it registers. Immutable.
///
/// @param incarnation new at each start of the process
/// @param advertised where clients reach it, with real ports
public record BrokerIdentity(
        int nodeId, Uuid incarnation, Optional<String> rack, List<Endpoint> advertised) {
    public BrokerIdentity {
        advertised = List.copyOf(advertised);
    }
}
