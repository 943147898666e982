// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Which call goes to the bucket next, and when.
///
/// **Order.** The most urgent class that waits and may have a slot; within a class the first that
/// came. Nobody waits for ever: after [#READ_PASSED_MAX] calls of others while a read waited, and
/// after [#BACKGROUND_PASSED_MAX] while the background waited, one of theirs goes.
///
/// **Slots.** Calls in flight are bounded, those that are no journals more closely, those of the
/// background more closely still ([GovernorLimits]): large puts must not stand in the way of all
/// others.
///
/// **Rate.** A call goes when [AdaptiveRate] has a token, and when no bytes are owed: what a call
/// moves is owed afterwards, and paid off at the rate of bytes. Requests that the SDK makes by
/// itself (it tries again, a listing takes several) take tokens too.
///
/// Pure: time is told, nothing blocks. Owner: whoever guards it.
///
/// @param <T> what a caller hangs its own things on
final class Admission<T extends Ticket> {
    /// Calls of one class that wait at once; more are refused.
    static final int WAITING_MAX = 10_000;

    static final int READ_PASSED_MAX = 8;
    static final int BACKGROUND_PASSED_MAX = 16;

    private static final long SECOND_NS = 1_000_000_000;

    private final GovernorLimits limits;
    private final AdaptiveRate rate;
    private final Map<Priority, Lane<T>> lanes = new EnumMap<>(Priority.class);
    private double bytesOwed;
    private long owedAtNs;
    private long prepaid;

    /// The calls of one class.
    private static final class Lane<T> {
        private final Deque<T> waiting = new ArrayDeque<>();
        private int inFlight;

        /// Calls of others that went while one of these waited.
        private int passed;
    }

    Admission(GovernorLimits limits, long nowNs) {
        this.limits = limits;
        this.rate = new AdaptiveRate(limits.requestsPerSecond(), nowNs);
        this.owedAtNs = nowNs;
        for (Priority priority : Priority.values()) {
            lanes.put(priority, new Lane<>());
        }
    }

    /// @return false when too many wait already
    boolean enqueue(T ticket) {
        Deque<T> waiting = lane(ticket.priority()).waiting;
        if (waiting.size() >= WAITING_MAX) {
            return false;
        }
        waiting.addLast(ticket);
        return true;
    }

    /// A call gave up before its turn came.
    void withdraw(T ticket) {
        Lane<T> lane = lane(ticket.priority());
        if (lane.waiting.remove(ticket) && lane.waiting.isEmpty()) {
            lane.passed = 0;
        }
    }

    /// Lets the next call go, if it may go now.
    Optional<T> grantNext(long nowNs) {
        Optional<T> next = next();
        if (next.isEmpty() || delayNs(nowNs) > 0) {
            return Optional.empty();
        }
        T ticket = next.get();
        Lane<T> own = lane(ticket.priority());
        own.waiting.removeFirst();
        for (Lane<T> other : lanes.values()) {
            if (other != own && !other.waiting.isEmpty()) {
                other.passed++;
            }
        }
        own.passed = 0;
        own.inFlight++;
        rate.take(nowNs);
        prepaid++;
        owe(ticket.bytes());
        ticket.grant();
        return next;
    }

    /// Whose turn it is, as soon as the rate allows it; empty when nobody waits who may have a
    /// slot.
    Optional<T> next() {
        Optional<T> mostUrgent = Optional.empty();
        for (Priority priority : Priority.values()) {
            Lane<T> lane = lane(priority);
            Optional<T> first = Optional.ofNullable(lane.waiting.peekFirst());
            if (first.isPresent() && hasSlot(priority)) {
                if (lane.passed >= passedMax(priority)) {
                    return first;
                }
                mostUrgent = mostUrgent.or(() -> first);
            }
        }
        return mostUrgent;
    }

    /// Until the next call may go; 0 or more.
    long delayNs(long nowNs) {
        payOff(nowNs);
        long bytesNs = (long) Math.ceil(bytesOwed / limits.bytesPerSecond() * SECOND_NS);
        return Math.max(rate.delayNs(nowNs), bytesNs);
    }

    /// A call that was let go has ended.
    ///
    /// @param bytes that it moved
    void release(T ticket, long bytes, long nowNs) {
        lane(ticket.priority()).inFlight--;
        payOff(nowNs);
        owe(bytes - ticket.bytes());
        if (inFlight() == 0) {
            // What was paid for and never sent: calls that were refused before any request.
            prepaid = 0;
        }
    }

    /// A request to the store has ended.
    void answered(boolean throttled, long nowNs) {
        if (prepaid > 0) {
            prepaid--;
        } else {
            rate.take(nowNs);
        }
        if (throttled) {
            slowDown(nowNs);
        }
    }

    /// The store asks for fewer requests.
    void slowDown(long nowNs) {
        rate.throttled(nowNs);
    }

    double requestsPerSecond(long nowNs) {
        return rate.perSecond(nowNs);
    }

    int waiting(Priority priority) {
        return lane(priority).waiting.size();
    }

    int inFlight(Priority priority) {
        return lane(priority).inFlight;
    }

    int inFlight() {
        int sum = 0;
        for (Lane<T> lane : lanes.values()) {
            sum += lane.inFlight;
        }
        return sum;
    }

    private boolean hasSlot(Priority priority) {
        int all = inFlight();
        int notJournals = all - inFlight(Priority.JOURNAL);
        return all < limits.requestsInFlight()
                && switch (priority) {
                    case JOURNAL -> true;
                    case READ -> notJournals < limits.notJournals();
                    case BACKGROUND ->
                            notJournals < limits.notJournals()
                                    && inFlight(Priority.BACKGROUND) < limits.background();
                };
    }

    private static int passedMax(Priority priority) {
        return switch (priority) {
            case JOURNAL -> Integer.MAX_VALUE;
            case READ -> READ_PASSED_MAX;
            case BACKGROUND -> BACKGROUND_PASSED_MAX;
        };
    }

    private void owe(long bytes) {
        if (limits.bytesPerSecond() < GovernorLimits.UNLIMITED_BYTES) {
            bytesOwed = Math.max(0, bytesOwed + bytes);
        }
    }

    private void payOff(long nowNs) {
        if (nowNs - owedAtNs > 0) {
            double paid = (double) (nowNs - owedAtNs) * limits.bytesPerSecond() / SECOND_NS;
            bytesOwed = Math.max(0, bytesOwed - paid);
            owedAtNs = nowNs;
        }
    }

    private Lane<T> lane(Priority priority) {
        return Objects.requireNonNull(lanes.get(priority));
    }
}
