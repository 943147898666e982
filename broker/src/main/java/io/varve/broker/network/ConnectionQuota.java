// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// How many connections all listeners of a broker may have open, together and from one address
/// (`max.connections`, `max.connections.per.ip`). Whoever comes beyond is closed at once. Remembers
/// only addresses that have a connection open. Thread-safe.
public final class ConnectionQuota {
    private final int connectionsMax;
    private final int connectionsPerAddressMax;
    private final AtomicInteger open = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> openByAddress = new ConcurrentHashMap<>();

    public ConnectionQuota(int connectionsMax, int connectionsPerAddressMax) {
        if (connectionsMax < 1 || connectionsPerAddressMax < 1) {
            throw new IllegalArgumentException(
                    "bad connection quota: connectionsMax="
                            + connectionsMax
                            + ", connectionsPerAddressMax="
                            + connectionsPerAddressMax);
        }
        this.connectionsMax = connectionsMax;
        this.connectionsPerAddressMax = connectionsPerAddressMax;
    }

    /// What became of a new connection.
    enum Admission {
        ADMITTED,
        TOO_MANY,
        TOO_MANY_FROM_ADDRESS
    }

    /// Counts a connection that is admitted; each needs one [#closed] in the end.
    Admission admit(InetAddress address) {
        if (open.incrementAndGet() > connectionsMax) {
            open.decrementAndGet();
            return Admission.TOO_MANY;
        }
        if (openByAddress.merge(address, 1, Integer::sum) > connectionsPerAddressMax) {
            closed(address);
            return Admission.TOO_MANY_FROM_ADDRESS;
        }
        return Admission.ADMITTED;
    }

    void closed(InetAddress address) {
        open.decrementAndGet();
        openByAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    }

    /// Addresses that have a connection open.
    int addresses() {
        return openByAddress.size();
    }
}
