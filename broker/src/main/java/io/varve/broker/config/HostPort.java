// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.config;

import org.jspecify.annotations.Nullable;

/// An address to listen at or to connect to. The host is as written (no brackets), the port 0 to
/// 65,535.
public record HostPort(String host, int port) {
    /// Reads `host:port` or `[ipv6]:port`; null when it is neither.
    public static @Nullable HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            return null;
        }
        String port = text.substring(colon + 1);
        String host = text.substring(0, colon);
        if (!port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
            return null;
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            return null;
        }
        return new HostPort(host, Integer.parseInt(port));
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
