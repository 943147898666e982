// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.RequestListener;
import io.varve.objectstore.StoreOperation;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Decides for a whole process when a call may go to one bucket: [Admission] says in what order and
/// how fast. Callers wait in [#acquire], at most [GovernorLimits#waitMax]. The store's answers,
/// heard as a [RequestListener], slow it down (429, 503) and let it recover; it never fails for
/// them.
///
/// One lock, held for a few instructions; whoever is next waits for the rate by itself, all others
/// until they are called. Thread-safe; callers are virtual threads.
public final class StoreGovernor implements RequestListener {
    private final GovernorLimits limits;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by the lock
    private final Admission<Waiter> admission;
    private final Map<Priority, Waits> waits = new EnumMap<>(Priority.class);
    private final LongAdder throttled = new LongAdder();

    private static final class Waits {
        final LongAdder waitedNs = new LongAdder();
        final LongAdder refused = new LongAdder();
    }

    private static final class Waiter extends Ticket {
        private final Condition turn;

        Waiter(Priority priority, long bytes, long sinceNs, Condition turn) {
            super(priority, bytes, sinceNs);
            this.turn = turn;
        }
    }

    /// @param nanos a clock that only goes forward, as [System#nanoTime]
    public StoreGovernor(GovernorLimits limits, LongSupplier nanos) {
        this.limits = limits;
        this.nanos = nanos;
        this.admission = new Admission<>(limits, nanos.getAsLong());
        for (Priority priority : Priority.values()) {
            waits.put(priority, new Waits());
        }
    }

    /// Leave for one call. Must be released, once.
    public final class Permit {
        private final Waiter waiter;

        private Permit(Waiter waiter) {
            this.waiter = waiter;
        }

        /// The call has ended.
        ///
        /// @param bytes that it moved
        public void release(long bytes) {
            lock.lock();
            try {
                long now = nanos.getAsLong();
                admission.release(waiter, bytes, now);
                grant(now);
                callNext();
            } finally {
                lock.unlock();
            }
        }
    }

    /// Waits until a call may go.
    ///
    /// @param bytes that it will move, as far as that is known
    /// @throws ObjectStoreException.Transient its turn did not come in time, too many wait, or the
    ///   thread was interrupted (its flag stays): nothing was sent
    public Permit acquire(Priority priority, long bytes) throws ObjectStoreException {
        lock.lock();
        try {
            Waiter waiter = new Waiter(priority, bytes, nanos.getAsLong(), lock.newCondition());
            if (!admission.enqueue(waiter)) {
                throw refused("too many calls wait for the bucket", waiter, null);
            }
            awaitTurn(waiter);
            waitsOf(priority).waitedNs.add(nanos.getAsLong() - waiter.sinceNs());
            return new Permit(waiter);
        } finally {
            lock.unlock();
        }
    }

    private void awaitTurn(Waiter waiter) throws ObjectStoreException {
        try {
            while (true) {
                long now = nanos.getAsLong();
                if (grant(now)) {
                    callNext();
                }
                if (waiter.isGranted()) {
                    return;
                }
                long leftNs = waiter.sinceNs() + limits.waitMax().toNanos() - now;
                if (leftNs <= 0) {
                    throw refused("the bucket's turn did not come in time", waiter, null);
                }
                boolean isNext = admission.next().filter(next -> next == waiter).isPresent();
                long waitNs = isNext ? Math.min(leftNs, admission.delayNs(now)) : leftNs;
                long _ = waiter.turn.awaitNanos(waitNs);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (!waiter.isGranted()) {
                throw refused("interrupted while it waited for the bucket", waiter, e);
            }
        } finally {
            if (!waiter.isGranted()) {
                admission.withdraw(waiter);
                callNext();
            }
        }
    }

    /// @return whether anybody may go
    private boolean grant(long nowNs) {
        boolean any = false;
        var granted = admission.grantNext(nowNs);
        while (granted.isPresent()) {
            any = true;
            granted.get().turn.signal();
            granted = admission.grantNext(nowNs);
        }
        return any;
    }

    /// Whoever is next watches the rate.
    private void callNext() {
        admission.next().ifPresent(next -> next.turn.signal());
    }

    private ObjectStoreException refused(String fact, Waiter waiter, @Nullable Throwable cause) {
        waitsOf(waiter.priority()).refused.increment();
        long now = nanos.getAsLong();
        return new ObjectStoreException.Transient(
                fact
                        + ": priority="
                        + waiter.priority()
                        + ", waitedMs="
                        + TimeUnit.NANOSECONDS.toMillis(now - waiter.sinceNs())
                        + ", waiting="
                        + admission.waiting(waiter.priority())
                        + ", inFlight="
                        + admission.inFlight()
                        + " of "
                        + limits.requestsInFlight()
                        + ", requestsPerSecond="
                        + Math.round(admission.requestsPerSecond(now))
                        + " of "
                        + limits.requestsPerSecond()
                        + "; the store is slow or asks to slow down, or object-store.requests-per-second, requests-in-flight or bytes-per-second are too low",
                cause);
    }

    @Override
    public void answered(StoreOperation operation, int status, long elapsedNs) {
        boolean slowDown = RequestListener.isThrottling(status);
        if (slowDown) {
            throttled.increment();
        }
        lock.lock();
        try {
            admission.answered(slowDown, nanos.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /// The store asks for fewer requests inside an answer that is a success as a whole, as that of
    /// a batch can be.
    void askedToSlowDown() {
        throttled.increment();
        lock.lock();
        try {
            admission.slowDown(nanos.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /// Calls that wait now.
    public int waiting(Priority priority) {
        lock.lock();
        try {
            return admission.waiting(priority);
        } finally {
            lock.unlock();
        }
    }

    /// Calls that were let go and have not ended.
    public int inFlight(Priority priority) {
        lock.lock();
        try {
            return admission.inFlight(priority);
        } finally {
            lock.unlock();
        }
    }

    /// The present limit: below the configured one for a while after the store asked to slow down.
    public double requestsPerSecond() {
        lock.lock();
        try {
            return admission.requestsPerSecond(nanos.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /// How long all calls that went have waited, in nanoseconds.
    public long waitedNs(Priority priority) {
        return waitsOf(priority).waitedNs.sum();
    }

    /// Calls whose turn did not come.
    public long refused(Priority priority) {
        return waitsOf(priority).refused.sum();
    }

    /// Answers that asked for fewer requests.
    public long throttled() {
        return throttled.sum();
    }

    private Waits waitsOf(Priority priority) {
        return Objects.requireNonNull(waits.get(priority));
    }
}
