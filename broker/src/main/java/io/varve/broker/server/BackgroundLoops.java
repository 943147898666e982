// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.StepResult;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Jobs that run beside the shards until the broker closes, each on a virtual thread of its own.
/// Never interrupts a job: an interrupt would close the files that it reads for everybody.
/// Thread-safe.
final class BackgroundLoops implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundLoops.class);
    private static final long FAILED_MS = 5_000;

    private final CountDownLatch closing = new CountDownLatch(1);

    /// Repeats a job after a pause, until it answers false.
    void repeat(String name, Duration pause, BooleanSupplier job) {
        run(
                name,
                () ->
                        job.getAsBoolean()
                                ? new StepResult.Idle(pause.toMillis())
                                : new StepResult.Stopped("done"));
    }

    /// Repeats a stepper as its results say.
    void step(String name, Supplier<StepResult> stepper) {
        run(name, stepper);
    }

    private void run(String name, Supplier<StepResult> stepper) {
        Thread.ofVirtual()
                .name(name)
                .start(() -> {
                    try {
                        while (closing.getCount() > 0) {
                            long pauseMs = pauseMs(name, stepper.get());
                            if (pauseMs < 0 || closing.await(pauseMs, TimeUnit.MILLISECONDS)) {
                                return;
                            }
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (RuntimeException e) {
                        LOG.error("{} met an error that is not retried", name, e);
                    }
                });
    }

    private static long pauseMs(String name, StepResult result) {
        return switch (result) {
            case StepResult.Progressed _ -> 0;
            case StepResult.Idle idle -> idle.forMs();
            case StepResult.Failed failed -> {
                LOG.warn("{} failed: {}", name, failed.what(), failed.error());
                yield FAILED_MS;
            }
            case StepResult.Stopped stopped -> {
                LOG.info("{} stopped: {}", name, stopped.reason());
                yield -1;
            }
        };
    }

    /// No further step begins. Idempotent.
    @Override
    public void close() {
        closing.countDown();
    }
}
