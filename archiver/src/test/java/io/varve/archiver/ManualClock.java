// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import java.time.Instant;
import java.time.InstantSource;

/// A clock that stands still until it is told.
final class ManualClock implements InstantSource {
    private long nowMs = 1_700_000_000_000L;

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(nowMs);
    }

    void advanceMs(long ms) {
        nowMs += ms;
    }
}
