// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import java.util.Map;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.jspecify.annotations.Nullable;

/// Where Kafka clients connect: one entry of `listeners` or `advertised.listeners`.
///
/// @param name of the listener, in capitals
/// @param host empty for all interfaces
/// @param port 0 for any free one (listeners only)
public record Endpoint(String name, SecurityProtocol protocol, String host, int port) {
    /// Reads `NAME://host:port`. An IPv6 host stands in brackets.
    ///
    /// @return null when it is not of this form or the name has no protocol
    static @Nullable Endpoint parse(String text, Map<String, SecurityProtocol> protocols) {
        int scheme = text.indexOf("://");
        HostPort address = scheme < 1 ? null : HostPort.parse(text.substring(scheme + 3));
        if (address == null) {
            return null;
        }
        String name = text.substring(0, scheme).toUpperCase(java.util.Locale.ROOT);
        SecurityProtocol protocol = protocols.get(name);
        return protocol == null
                ? null
                : new Endpoint(name, protocol, address.host(), address.port());
    }
}
