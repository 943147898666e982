// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import java.util.concurrent.atomic.LongAdder;

/// What clients read from local disk since this broker's start. Thread-safe.
public final class HotCounters {
    private final LongAdder reads = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    void read(long count) {
        reads.increment();
        bytes.add(count);
    }

    /// Reads that local disk, or what memory holds of it, answered.
    public long reads() {
        return reads.sum();
    }

    /// Bytes of batches in them.
    public long bytes() {
        return bytes.sum();
    }
}
