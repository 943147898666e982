// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RetryStrategy;

/// Which failed attempts are tried again, and after how long. The SDK carries it out; nothing above
/// it tries a request again by itself.
final class S3Retries {
    private static final Set<String> BUSY_CODES =
            Set.of(
                    "SlowDown",
                    "SlowDownRead",
                    "SlowDownWrite",
                    "Throttling",
                    "RequestLimitExceeded");
    private static final Set<String> PASSING_CODES =
            Set.of("RequestTimeout", "ConditionalRequestConflict", "OperationAborted");

    private S3Retries() {}

    static RetryStrategy strategy(StoreLimits limits) {
        return StandardRetryStrategy.builder()
                .useClientDefaults(false)
                .maxAttempts(limits.attempts())
                .retryOnException(S3Retries::passes)
                .treatAsThrottling(S3Retries::slowsDown)
                .backoffStrategy(
                        BackoffStrategy.exponentialDelay(limits.delay(), limits.delayMax()))
                .throttlingBackoffStrategy(
                        BackoffStrategy.exponentialDelayHalfJitter(
                                limits.throttledDelay(), limits.delayMax()))
                .build();
    }

    /// Whether the same request may succeed a little later.
    static boolean passes(Throwable failure) {
        if (isOurs(failure)
                || failure instanceof AbortedException
                || failure instanceof ApiCallTimeoutException) {
            return false;
        }
        if (failure instanceof AwsServiceException answer) {
            return slowsDown(answer)
                    || answer.isClockSkewException()
                    || PASSING_CODES.contains(code(answer))
                    || answer.statusCode() == 408
                    || passing5xx(answer);
        }
        return failure instanceof ApiCallAttemptTimeoutException
                || (failure instanceof SdkException sdk && sdk.retryable())
                || hasCause(failure, IOException.class);
    }

    /// Whether the store asks for fewer requests.
    static boolean slowsDown(Throwable failure) {
        return failure instanceof AwsServiceException answer
                && (answer.statusCode() == 503
                        || answer.statusCode() == 429
                        || BUSY_CODES.contains(code(answer)));
    }

    /// 501 is "cannot", 507 is "no room".
    private static boolean passing5xx(AwsServiceException answer) {
        int status = answer.statusCode();
        return status >= 500 && status != 501 && status != 507;
    }

    /// Whether the failure comes from the body to be sent or from our own reading of the answer.
    private static boolean isOurs(Throwable failure) {
        return hasCause(failure, ObjectStoreException.class);
    }

    static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
        return cause(failure, type) != null;
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

    /// The store's word for what went wrong; empty where it said none (answers to HEAD have no
    /// body).
    static String code(AwsServiceException answer) {
        AwsErrorDetails details = answer.awsErrorDetails();
        return details == null || details.errorCode() == null ? "" : details.errorCode();
    }
}
