// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import java.time.Duration;

/// Address and bounds of one listener.
///
/// @param name as in `listeners`, e.g. PLAINTEXT
/// @param port 0 for any free one
/// @param requestBytesMax longest request accepted (`socket.request.max.bytes`)
/// @param inFlightMax requests of one connection that are being answered; beyond it the connection
///   is not read
/// @param inFlightBytesMax their bytes (one request may be longer)
/// @param idleTimeout silence after which a connection without open requests is closed
///   (`connections.max.idle.ms`)
/// @param stallTimeout a client that takes no byte of a waiting response for so long is
///   disconnected; bounds how long a response holds its file leases
/// @param threads event loops
public record ListenerSettings(
        String name,
        String host,
        int port,
        int requestBytesMax,
        int inFlightMax,
        int inFlightBytesMax,
        Duration idleTimeout,
        Duration stallTimeout,
        int threads) {

    /// `socket.request.max.bytes` of Kafka.
    public static final int REQUEST_BYTES_MAX = 100 << 20;

    /// Producers keep at most 5 requests in flight; fetches, metadata and commits share the rest.
    public static final int IN_FLIGHT_MAX = 32;

    public static final int IN_FLIGHT_BYTES_MAX = 32 << 20;
    public static final Duration IDLE_TIMEOUT = Duration.ofMinutes(10);
    public static final Duration STALL_TIMEOUT = Duration.ofSeconds(60);

    public ListenerSettings {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("bad port: listener=" + name + ", port=" + port);
        }
        if (requestBytesMax < 1 || inFlightMax < 1 || inFlightBytesMax < 1 || threads < 1) {
            throw new IllegalArgumentException(
                    "bad listener bounds: listener="
                            + name
                            + ", requestBytesMax="
                            + requestBytesMax
                            + ", inFlightMax="
                            + inFlightMax
                            + ", inFlightBytesMax="
                            + inFlightBytesMax
                            + ", threads="
                            + threads);
        }
        if (!idleTimeout.isPositive() || !stallTimeout.isPositive()) {
            throw new IllegalArgumentException(
                    "bad listener time-outs: listener="
                            + name
                            + ", idleTimeout="
                            + idleTimeout
                            + ", stallTimeout="
                            + stallTimeout);
        }
    }

    /// Kafka's defaults and this broker's own bounds, at an address.
    public static ListenerSettings at(String name, String host, int port) {
        return new ListenerSettings(
                name,
                host,
                port,
                REQUEST_BYTES_MAX,
                IN_FLIGHT_MAX,
                IN_FLIGHT_BYTES_MAX,
                IDLE_TIMEOUT,
                STALL_TIMEOUT,
                Math.max(2, Runtime.getRuntime().availableProcessors() / 2));
    }
}
