// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// What a bucket will cost in a month if it goes on as in the last hour: the requests of that hour,
/// extrapolated, and what is stored now. Looks at the counts when it is asked, and no more than
/// once a minute keeps what it saw; asked rarely, it goes back to its last look before that hour.
/// Thread-safe.
public final class CostEstimate {
    /// The hours of a month, as the clouds count them.
    static final double HOURS_PER_MONTH = 730;

    private static final long WINDOW_MS = Duration.ofHours(1).toMillis();
    private static final long SPACING_MS = Duration.ofMinutes(1).toMillis();

    private final StorePrices prices;
    private final Supplier<RequestMeter.Snapshot> counts;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by the lock; oldest first, at most one older than the window
    private final Deque<Look> looks = new ArrayDeque<>();

    private record Look(long atMs, RequestMeter.Snapshot counts) {}

    /// @param counts of the bucket's requests up to now
    public CostEstimate(StorePrices prices, Supplier<RequestMeter.Snapshot> counts, long nowMs) {
        this.prices = prices;
        this.counts = counts;
        this.looks.add(new Look(nowMs, counts.get()));
    }

    /// US dollars. In the first minute, when nothing can be told from so few requests, those of
    /// storage alone.
    ///
    /// @param storedBytes what is in the bucket
    /// @param nowMs by the clock of the constructor's
    public double monthlyUsd(long storedBytes, long nowMs) {
        RequestMeter.Snapshot now = counts.get();
        Look then = look(now, nowMs);
        long elapsedMs = nowMs - then.atMs();
        if (elapsedMs < SPACING_MS) {
            return prices.monthlyUsd(storedBytes);
        }
        double months = elapsedMs / (HOURS_PER_MONTH * WINDOW_MS);
        return prices.monthlyUsd(
                storedBytes,
                (now.puts() - then.counts().puts()) / months,
                (now.gets() - then.counts().gets()) / months,
                (now.readBytes() - then.counts().readBytes()) / months);
    }

    private Look look(RequestMeter.Snapshot now, long nowMs) {
        lock.lock();
        try {
            if (nowMs - looks.getLast().atMs() >= SPACING_MS) {
                looks.addLast(new Look(nowMs, now));
            }
            Look oldest = looks.removeFirst();
            while (!looks.isEmpty() && nowMs - looks.getFirst().atMs() >= WINDOW_MS) {
                oldest = looks.removeFirst();
            }
            looks.addFirst(oldest);
            return oldest;
        } finally {
            lock.unlock();
        }
    }
}
