// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.core.NanoClock;
import com.google.api.gax.retrying.BasicResultRetryAlgorithm;
import com.google.api.gax.retrying.DirectRetryingExecutor;
import com.google.api.gax.retrying.ExponentialRetryAlgorithm;
import com.google.api.gax.retrying.RetryAlgorithm;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.retrying.RetryingFuture;
import com.google.api.gax.retrying.TimedAttemptSettings;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Which failed attempts are made again, and after how long. The SDK carries it out, on the
/// caller's thread; nothing above it tries a request again by itself. Thread-safe.
final class GcsRetries {
    private final StoreLimits limits;
    private final RandomGenerator random;

    GcsRetries(StoreLimits limits, RandomGenerator random) {
        this.limits = limits;
        this.random = random;
    }

    /// Makes attempts until one succeeds, or another is of no use, or there is no time for it.
    ///
    /// An interrupted thread stays interrupted.
    ///
    /// @param attempt throws [GcsFailure]; unchecked exceptions go through
    /// @param time for all of them, and the waits between
    <T> T call(Callable<T> attempt, Duration time) throws ObjectStoreException {
        RetrySettings settings =
                RetrySettings.newBuilder()
                        .setMaxAttempts(limits.attempts())
                        .setTotalTimeoutDuration(time)
                        .build();
        DirectRetryingExecutor<T> executor =
                new DirectRetryingExecutor<>(
                        new RetryAlgorithm<>(
                                new Policy<T>(),
                                new ExponentialRetryAlgorithm(
                                        settings, NanoClock.getDefaultClock())));
        AtomicBoolean interrupted = new AtomicBoolean();
        RetryingFuture<T> outcome =
                executor.createFuture(() -> {
                    try {
                        return attempt.call();
                    } finally {
                        // The SDK's futures would take the interruption for their own, lose what
                        // has come out, and forget it.
                        if (Thread.interrupted()) {
                            interrupted.set(true);
                        }
                    }
                });
        try {
            var _ = executor.submit(outcome);
            if (outcome.state() == Future.State.SUCCESS) {
                return outcome.resultNow();
            }
            if (outcome.state() == Future.State.FAILED
                    && outcome.exceptionNow() instanceof InterruptedException) {
                interrupted.set(true);
            }
            throw meaning(outcome);
        } finally {
            if (interrupted.get()) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static ObjectStoreException meaning(Future<?> outcome) {
        if (outcome.state() != Future.State.FAILED) {
            return new ObjectStoreException.Transient("request was cancelled", null);
        }
        return switch (outcome.exceptionNow()) {
            case GcsFailure failure -> failure.meaning();
            case InterruptedException e ->
                    new ObjectStoreException.Transient("interrupted between two requests", e);
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException("unknown failure of a request", e);
        };
    }

    /// Whether the SDK makes another attempt, and its wait: doubled each time, the upper half of it
    /// random.
    private final class Policy<T> extends BasicResultRetryAlgorithm<T> {
        @Override
        public boolean shouldRetry(@Nullable Throwable failure, @Nullable T result) {
            return failure instanceof GcsFailure attempt && attempt.next() != GcsFailure.Next.NEVER;
        }

        @Override
        public TimedAttemptSettings createNextAttempt(
                @Nullable Throwable failure, @Nullable T result, TimedAttemptSettings last) {
            boolean throttled =
                    failure instanceof GcsFailure attempt
                            && attempt.next() == GcsFailure.Next.LATER;
            Duration first = throttled ? limits.throttledDelay() : limits.delay();
            // Twelve doublings reach any bound of use, and cannot overflow.
            int doublings = Math.min(last.getAttemptCount(), 12);
            long delayNs = Math.min(first.toNanos() << doublings, limits.delayMax().toNanos());
            Duration wait = Duration.ofNanos(delayNs / 2 + random.nextLong(delayNs / 2 + 1));
            return last.toBuilder()
                    .setRetryDelayDuration(Duration.ofNanos(delayNs))
                    .setRandomizedRetryDelayDuration(wait)
                    .setAttemptCount(last.getAttemptCount() + 1)
                    .setOverallAttemptCount(last.getOverallAttemptCount() + 1)
                    .build();
        }
    }
}
