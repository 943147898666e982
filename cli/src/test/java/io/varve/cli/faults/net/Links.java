// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.net;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What the network between named parties does with bytes now, by direction. A cut direction keeps
/// its bytes, as a network does whose packets are sent again after it healed; connections stay open
/// and hang. Thread-safe.
public final class Links {
    /// Bytes from one party to another.
    public record Direction(String from, String to) {
        Direction back() {
            return new Direction(to, from);
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Direction> cut = new HashSet<>();
    private final Map<Direction, Duration> delays = new HashMap<>();
    private final List<TcpProxy> proxies = new CopyOnWriteArrayList<>();

    void add(TcpProxy proxy) {
        proxies.add(proxy);
    }

    /// Cuts both directions.
    public void cut(String one, String other) {
        cutOneWay(one, other);
        cutOneWay(other, one);
    }

    public void cutOneWay(String from, String to) {
        change(() -> cut.add(new Direction(from, to)));
    }

    /// Undoes a cut, in both directions.
    public void heal(String one, String other) {
        change(() -> {
            cut.remove(new Direction(one, other));
            cut.remove(new Direction(other, one));
        });
    }

    /// Undoes every cut and delay.
    public void healAll() {
        change(() -> {
            cut.clear();
            delays.clear();
        });
    }

    /// What is sent arrives this much later; at most 64 KiB are on their way.
    public void delay(String from, String to, Duration delay) {
        change(() -> delays.put(new Direction(from, to), delay));
    }

    /// Ends all connections between two parties with a TCP reset.
    ///
    /// @return how many
    public int reset(String one, String other) {
        Direction there = new Direction(one, other);
        return proxies.stream()
                .mapToInt(proxy -> proxy.reset(there) + proxy.reset(there.back()))
                .sum();
    }

    /// Parties that cannot talk in at least one direction now.
    public Set<Direction> cuts() {
        lock.lock();
        try {
            return Set.copyOf(cut);
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable what) {
        lock.lock();
        try {
            what.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Returns when bytes may pass: at once, or after a delay, or after healing.
    void awaitPassage(Direction direction) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (cut.contains(direction)) {
                changed.await();
            }
            Duration delay = delays.get(direction);
            long leftNs = delay == null ? 0 : delay.toNanos();
            while (leftNs > 0 && delays.containsKey(direction)) {
                leftNs = changed.awaitNanos(leftNs);
            }
            while (cut.contains(direction)) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Returns when a connection can be made, which needs both directions.
    void awaitBoth(Direction direction) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (cut.contains(direction) || cut.contains(direction.back())) {
                var _ = changed.await(1, TimeUnit.SECONDS);
            }
        } finally {
            lock.unlock();
        }
    }
}
