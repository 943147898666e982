// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.protocol.ApiKeys;

/// What went through the listeners of this broker since its start. Thread-safe.
public final class NetworkCounters {
    private final Map<ApiKeys, LongAdder> requests = new EnumMap<>(ApiKeys.class);
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder closed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder malformed = new LongAdder();

    private final RequestTimes times;

    public NetworkCounters() {
        this((_, _) -> {});
    }

    /// @param times hears how long each request took
    public NetworkCounters(RequestTimes times) {
        this.times = times;
        for (ApiKeys key : ApiKeys.values()) {
            requests.put(key, new LongAdder());
        }
    }

    /// Requests parsed, by key; keys without any are left out.
    public Map<ApiKeys, Long> requests() {
        Map<ApiKeys, Long> counts = new EnumMap<>(ApiKeys.class);
        requests.forEach((key, count) -> {
            if (count.sum() > 0) {
                counts.put(key, count.sum());
            }
        });
        return counts;
    }

    public long bytesIn() {
        return bytesIn.sum();
    }

    public long bytesOut() {
        return bytesOut.sum();
    }

    public long connectionsOpen() {
        return accepted.sum() - closed.sum();
    }

    public long connectionsAccepted() {
        return accepted.sum();
    }

    /// Connections closed at once because too many were open.
    public long connectionsRefused() {
        return refused.sum();
    }

    /// Connections closed because of bytes that are no request.
    public long malformed() {
        return malformed.sum();
    }

    void request(ApiKeys key, int bytes) {
        LongAdder count = requests.get(key);
        if (count != null) {
            count.increment();
        }
        bytesIn.add(bytes);
    }

    void answered(ApiKeys key, long nanos) {
        times.answered(key, nanos);
    }

    void sent(long bytes) {
        bytesOut.add(bytes);
    }

    void opened() {
        accepted.increment();
    }

    void closed() {
        closed.increment();
    }

    void refusedConnection() {
        refused.increment();
    }

    void malformedInput() {
        malformed.increment();
    }
}
