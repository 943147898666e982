// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import io.varve.cli.faults.history.Event;
import io.varve.cli.faults.history.History;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// A client's thread: does something again and again until it is stopped. An error that leaves it
/// is written down and ends it. Thread-safe.
final class Loop {
    /// One round of it.
    interface Round {
        void run() throws Exception;
    }

    private static final long STOP_LIMIT_SECONDS = 30;

    private final AtomicBoolean running = new AtomicBoolean(true);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final String name;

    Loop(String name) {
        this.name = name;
    }

    /// @param last what is done by the same thread at the end, for clients that belong to a thread
    void start(History history, Round round, Runnable last) {
        Thread.ofPlatform().daemon().name(name).start(() -> run(history, round, last));
    }

    private void run(History history, Round round, Runnable last) {
        try {
            while (running.get()) {
                round.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception | AssertionError e) {
            if (running.get()) {
                history.add(new Event.Failed(history.nowNs(), name, Errors.text(e)));
            }
        } finally {
            try {
                last.run();
            } finally {
                ended.countDown();
            }
        }
    }

    boolean running() {
        return running.get();
    }

    void ask() {
        running.set(false);
    }

    /// Returns when it ended.
    void stop() throws InterruptedException {
        ask();
        if (!ended.await(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "client does not stop in " + STOP_LIMIT_SECONDS + " s: " + name);
        }
    }
}
