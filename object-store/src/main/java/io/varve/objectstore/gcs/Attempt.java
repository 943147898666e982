// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreOperation;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.jspecify.annotations.Nullable;

/// One attempt of a call, and its deadline: what it is sending when its time is up ends with its
/// connection, and so does what it would send later. Thread-safe.
final class Attempt implements AutoCloseable {
    private final StoreOperation operation;
    private final RequestListener requests;
    private final ScheduledFuture<?> deadline;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable HttpUriRequestBase running;
    private boolean late;

    Attempt(
            StoreOperation operation,
            RequestListener requests,
            ScheduledExecutorService deadlines,
            Duration time) {
        this.operation = operation;
        this.requests = requests;
        this.deadline = deadlines.schedule(this::end, time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// Sends nothing itself; a request that comes late is cancelled before it is sent.
    void sends(HttpUriRequestBase request) {
        lock.lock();
        try {
            running = request;
            if (late) {
                request.cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    /// @param status of HTTP; 0 when no answer came
    void answered(int status, long elapsedNs) {
        requests.answered(operation, status, elapsedNs);
    }

    /// Ends what it is sending or reading, with its connection.
    void abandon() {
        lock.lock();
        try {
            if (running != null) {
                running.cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            late = true;
            if (running != null) {
                running.cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Whether its time was up.
    boolean isLate() {
        lock.lock();
        try {
            return late;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        deadline.cancel(false);
    }
}
