// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/// Tells the coordinator which partitions it has: compares what may be written here with what it
/// was told, whenever something changed. Many changes while one comparison runs cost one more
/// comparison.
///
/// Owner of `told`: the comparing thread, at most one at a time.
final class Elections {
    private final OffsetsLog log;
    private final OffsetsWriter writer;
    private final GroupCoordinator coordinator;
    private final ThreadPoolExecutor thread;
    private final AtomicBoolean changed = new AtomicBoolean();
    private final AtomicBoolean comparing = new AtomicBoolean();
    private final Map<Integer, Integer> told = new HashMap<>(); // leader epoch by partition
    private volatile boolean open;

    Elections(OffsetsLog log, OffsetsWriter writer, GroupCoordinator coordinator) {
        this.log = log;
        this.writer = writer;
        this.coordinator = coordinator;
        thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        0,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(2), // one comparison runs, one waits
                        Thread.ofVirtual().name("group-elections").factory());
    }

    /// From now on the coordinator is told.
    void start() {
        open = true;
        compareSoon();
    }

    /// Something may have changed: leadership of a shard, the topic, a partition that was opened.
    /// Never blocks.
    void compareSoon() {
        changed.set(true);
        if (open && comparing.compareAndSet(false, true)) {
            try {
                thread.execute(this::compare);
            } catch (RejectedExecutionException e) {
                comparing.set(false); // closed
            }
        }
    }

    private void compare() {
        try {
            while (open && changed.getAndSet(false)) {
                int count = log.partitionCount().orElse(0);
                for (int partition = 0; partition < count; partition++) {
                    compare(partition);
                }
            }
        } finally {
            comparing.set(false);
        }
        if (changed.get()) {
            compareSoon();
        }
    }

    private void compare(int partition) {
        OptionalInt writable = log.writableEpoch(partition);
        Integer before = told.get(partition);
        if (before != null && (writable.isEmpty() || writable.getAsInt() != before)) {
            writer.resigned(partition);
            told.remove(partition);
            coordinator.onResignation(
                    partition, OptionalInt.empty()); // an epoch would have to be a later one
            before = null;
        }
        if (before == null && writable.isPresent()) {
            told.put(partition, writable.getAsInt());
            writer.elected(partition, writable.getAsInt());
            coordinator.onElection(partition, writable.getAsInt());
        }
    }

    /// The coordinator is told nothing more.
    void close() {
        open = false;
        thread.shutdown();
    }
}
