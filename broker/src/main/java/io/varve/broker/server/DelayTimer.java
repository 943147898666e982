// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// One thread that runs short tasks later. Thread-safe.
final class DelayTimer implements AutoCloseable {
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().daemon().name("timer").factory());

    DelayTimer() {
        // Every long poll sets one, and nearly all are cancelled.
        timer.setRemoveOnCancelPolicy(true);
    }

    /// @return cancels it
    Runnable after(Runnable task, Duration delay) {
        ScheduledFuture<?> scheduled =
                timer.schedule(task, Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }

    ScheduledExecutorService executor() {
        return timer;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
