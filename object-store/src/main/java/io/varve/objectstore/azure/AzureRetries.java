// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.RequestRetryCondition;
import com.azure.core.http.policy.RetryStrategy;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/// Which failed attempts are tried again, and after how long. The SDK carries it out; nothing above
/// it tries a request again by itself.
final class AzureRetries implements RetryStrategy {
    private final StoreLimits limits;
    private final RandomGenerator random;

    AzureRetries(StoreLimits limits, RandomGenerator random) {
        this.limits = limits;
        this.random = random;
    }

    @Override
    public int getMaxRetries() {
        return limits.attempts() - 1;
    }

    @Override
    public Duration calculateRetryDelay(int retries) {
        return delay(limits.delay(), retries);
    }

    /// Longer where the store asks to slow down, and as long as it says within the bound.
    @Override
    public Duration calculateRetryDelay(RequestRetryCondition condition) {
        HttpResponse answer = condition.getResponse();
        if (answer == null || !slowsDown(answer.getStatusCode())) {
            return delay(limits.delay(), condition.getTryCount());
        }
        Duration ours = delay(limits.throttledDelay(), condition.getTryCount());
        Duration theirs = retryAfter(answer.getHeaders().getValue(HttpHeaderName.RETRY_AFTER));
        return theirs.compareTo(ours) > 0 ? shorter(theirs, limits.delayMax()) : ours;
    }

    private static Duration retryAfter(@Nullable String seconds) {
        return seconds != null && seconds.matches("\\d{1,6}")
                ? Duration.ofSeconds(Long.parseLong(seconds))
                : Duration.ZERO;
    }

    /// Between half and all of a time that doubles with each attempt.
    private Duration delay(Duration first, int retries) {
        Duration whole =
                shorter(
                        first.multipliedBy(1L << Math.min(retries, 20)),
                        limits.delayMax().compareTo(first) > 0 ? limits.delayMax() : first);
        long halfNs = whole.toNanos() / 2;
        return Duration.ofNanos(halfNs + random.nextLong(halfNs + 1));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /// Whether the same request may succeed a little later.
    @Override
    public boolean shouldRetryCondition(RequestRetryCondition condition) {
        HttpResponse answer = condition.getResponse();
        if (answer != null) {
            return passes(answer.getStatusCode());
        }
        Throwable failure = condition.getThrowable();
        return failure instanceof IOException
                && !Thread.currentThread().isInterrupted()
                && cause(failure, ObjectStoreException.class) == null
                && !isUntrusted(failure);
    }

    /// 501 is "cannot", 507 is "no room".
    static boolean passes(int status) {
        return slowsDown(status)
                || status == 408
                || (status >= 500 && status != 501 && status != 505 && status != 507);
    }

    /// Whether the store asks for fewer requests.
    static boolean slowsDown(int status) {
        return status == 503 || status == 429;
    }

    /// Whether the server is not who it should be.
    static boolean isUntrusted(Throwable failure) {
        return cause(failure, CertificateException.class) != null
                || cause(failure, SSLPeerUnverifiedException.class) != null;
    }

    /// The first of this type among a failure and its causes.
    static <T extends Throwable> @Nullable T cause(Throwable failure, Class<T> type) {
        @Nullable Throwable next = failure;
        while (next != null) {
            if (type.isInstance(next)) {
                return type.cast(next);
            }
            next = next.getCause();
        }
        return null;
    }
}
