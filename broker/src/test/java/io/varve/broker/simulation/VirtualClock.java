// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import java.time.Instant;
import java.time.InstantSource;

/// A clock that stands still until it is told. Owner: the simulation.
final class VirtualClock implements InstantSource {
    private long nowMs = 1_700_000_000_000L;

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(nowMs);
    }

    void advanceMs(long ms) {
        nowMs += ms;
    }

    long nanos() {
        return nowMs * 1_000_000;
    }
}
