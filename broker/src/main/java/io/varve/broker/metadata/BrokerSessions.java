// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// When each broker was heard last, on the controller of now. A new controller gives everybody a
/// whole session. Thread-safe.
final class BrokerSessions {
    private final Duration timeout;
    private final LongSupplier nanos;
    private final Map<Integer, Long> heardNs = new ConcurrentHashMap<>();

    BrokerSessions(Duration timeout, LongSupplier nanos) {
        this.timeout = timeout;
        this.nanos = nanos;
    }

    /// Begins anew: nobody was heard yet.
    void clear() {
        heardNs.clear();
    }

    void heard(int nodeId) {
        heardNs.put(nodeId, nanos.getAsLong());
    }

    /// Whether a broker was heard within the time-out.
    boolean live(int nodeId) {
        Long heard = heardNs.get(nodeId);
        return heard != null && nanos.getAsLong() - heard <= timeout.toNanos();
    }

    /// Those of `brokers` that were silent for the whole time-out; who was never heard begins a
    /// session now.
    List<Integer> silent(Collection<Integer> brokers) {
        long now = nanos.getAsLong();
        List<Integer> silent = new ArrayList<>();
        for (int broker : brokers) {
            Long heard = heardNs.putIfAbsent(broker, now);
            if (heard != null && now - heard > timeout.toNanos()) {
                silent.add(broker);
            }
        }
        return silent;
    }
}
