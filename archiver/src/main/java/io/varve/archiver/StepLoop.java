// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ArchiveSettings.BackOff;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Repeats one stepper: at once while it progresses, after a pause when idle, after a growing,
/// bounded, random pause when it failed, never again when it stopped. An exception that a step
/// throws is our bug or damaged bytes: the stepper stops, and says so in its status.
///
/// ```
/// RUNNING --Stopped, exception, close--> ENDED
/// ```
///
/// Thread-safe; [#run] belongs to one thread.
public final class StepLoop implements AutoCloseable, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(StepLoop.class);

    /// How a loop waits. The real one is [#waiting]; tests count pauses instead.
    @FunctionalInterface
    public interface Pause {
        /// Returns after `ms`, or at once when there is a permit in `wake` (and takes it).
        void await(Semaphore wake, long ms) throws InterruptedException;
    }

    private final Stepper stepper;
    private final BackOff backOff;
    private final RandomGenerator random;
    private final Pause pause;
    private final StepRecord record;
    private final Semaphore wake = new Semaphore(0);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closing;
    private volatile boolean started;

    /// @param record what came of the steps; read by status
    StepLoop(
            Stepper stepper,
            BackOff backOff,
            RandomGenerator random,
            Pause pause,
            StepRecord record) {
        this.stepper = stepper;
        this.backOff = backOff;
        this.random = random;
        this.pause = pause;
        this.record = record;
    }

    /// Waits for real.
    public static Pause waiting() {
        return (wake, ms) -> {
            if (wake.tryAcquire(ms, TimeUnit.MILLISECONDS)) {
                wake.drainPermits();
            }
        };
    }

    /// Steps until stopped or closed.
    @Override
    public void run() {
        started = true;
        try {
            while (!closing) {
                StepResult result = step();
                record.took(result);
                int failures = record.status().failures();
                switch (result) {
                    case StepResult.Progressed progressed -> {}
                    case StepResult.Idle idle -> pause.await(wake, Math.max(1, idle.forMs()));
                    case StepResult.Failed failed -> {
                        LOG.warn(
                                "{} failed: failures={}, {}",
                                stepper.name(),
                                failures,
                                failed.what(),
                                failed.error());
                        pause.await(wake, backOffMs(backOff, failures, random));
                    }
                    case StepResult.Stopped stopped -> {
                        LOG.info("{} stopped: {}", stepper.name(), stopped.reason());
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private StepResult step() {
        try {
            return stepper.step();
        } catch (RuntimeException e) {
            LOG.error("{} met an error that is not retried", stepper.name(), e);
            return new StepResult.Stopped(
                    "unexpected error: stepper=" + stepper.name() + ", error=" + e);
        }
    }

    /// Ends the pause of an idle stepper. Never blocks.
    public void wake() {
        if (wake.availablePermits() == 0) {
            wake.release();
        }
    }

    static long backOffMs(BackOff backOff, int failures, RandomGenerator random) {
        int doublings = Math.min(failures - 1, 20);
        long full = Math.min(backOff.maxMs(), backOff.firstMs() << doublings);
        return full / 2 + random.nextLong(full / 2 + 1);
    }

    /// No step begins after this. Does not wait, see [#awaitEnd], and does not interrupt: a step
    /// may be reading local files that an interrupt would close for others.
    @Override
    public void close() {
        closing = true;
        wake();
    }

    /// @return false when the loop still runs after `ms`
    boolean awaitEnd(long ms) throws InterruptedException {
        return !started || ended.await(ms, TimeUnit.MILLISECONDS);
    }
}
