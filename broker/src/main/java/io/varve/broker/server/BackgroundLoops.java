// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.StepResult;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    static final long FAILED_MS = 5_000;

    private static final long NEVER_MS = 0;

    private final CountDownLatch closing = new CountDownLatch(1);
    private final InstantSource clock;
    private final Map<String, Long> lastSuccessMs = new ConcurrentHashMap<>();

    BackgroundLoops(InstantSource clock) {
        this.clock = clock;
    }

    Set<String> names() {
        return lastSuccessMs.keySet();
    }

    /// When a job last did its work, or found none to do; 0 when it never did.
    long lastSuccessMs(String name) {
        return lastSuccessMs.getOrDefault(name, NEVER_MS);
    }

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
        lastSuccessMs.put(name, NEVER_MS);
        Thread.ofVirtual()
                .name(name)
                .start(() -> {
                    try {
                        while (closing.getCount() > 0) {
                            long pauseMs = pauseMs(name, tried(name, stepper));
                            if (pauseMs < 0 || closing.await(pauseMs, TimeUnit.MILLISECONDS)) {
                                return;
                            }
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    /// A step that throws is a bug; the job is begun again all the same: without it the disk would
    /// fill, or nobody would see that a later generation has begun. Its last success tells.
    private static StepResult tried(String name, Supplier<StepResult> stepper) {
        try {
            return stepper.get();
        } catch (RuntimeException e) {
            LOG.error("{} met an error", name, e);
            return new StepResult.Failed(String.valueOf(e.getMessage()), e);
        }
    }

    private long pauseMs(String name, StepResult result) {
        return switch (result) {
            case StepResult.Progressed _ -> {
                lastSuccessMs.put(name, clock.millis());
                yield 0;
            }
            case StepResult.Idle idle -> {
                lastSuccessMs.put(name, clock.millis());
                yield idle.forMs();
            }
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
