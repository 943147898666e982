// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import io.varve.objectstore.BucketSettings;
import io.varve.objectstore.StoreLimits;
import java.time.Duration;

/// How much of one bucket a process may use. Immutable.
///
/// @param requestsPerSecond at most 1,000,000, which is no limit
/// @param requestsInFlight calls at once
/// @param bytesPerSecond of bodies, sent and received
/// @param waitMax longest time that a call waits for its turn; then it fails
public record GovernorLimits(
        long requestsPerSecond, int requestsInFlight, long bytesPerSecond, Duration waitMax) {
    /// More than any store serves.
    public static final long UNLIMITED_REQUESTS = 1_000_000;

    /// More than any network carries: 1 TiB.
    public static final long UNLIMITED_BYTES = 1L << 40;

    /// What a service is asked for by one broker where nothing is configured: as many requests as
    /// the least of them promises to take (writes of a bucket of Google's, before it scales).
    public static final long SERVICE_REQUESTS = 1_000;

    /// As many as there are connections: what waits should wait here, where the urgent goes first.
    public static final int IN_FLIGHT = StoreLimits.DEFAULT.connections();

    /// Less than what a cold read or a flush is given as a whole.
    public static final Duration WAIT_MAX = Duration.ofSeconds(30);

    public GovernorLimits {
        if (requestsPerSecond < 1
                || requestsInFlight < 1
                || bytesPerSecond < 1
                || waitMax.isNegative()) {
            throw new IllegalArgumentException(
                    "limits must be positive: requestsPerSecond="
                            + requestsPerSecond
                            + ", requestsInFlight="
                            + requestsInFlight
                            + ", bytesPerSecond="
                            + bytesPerSecond
                            + ", waitMax="
                            + waitMax);
        }
    }

    /// The limits of a bucket: what is given, else defaults. A directory and memory have no limit
    /// of their own but that of calls at once.
    public static GovernorLimits of(String url, BucketSettings.Rates given) {
        boolean local = url.startsWith("file:") || url.startsWith("mem:");
        return new GovernorLimits(
                given.requestsPerSecond().orElse(local ? UNLIMITED_REQUESTS : SERVICE_REQUESTS),
                Math.toIntExact(given.requestsInFlight().orElse(IN_FLIGHT)),
                given.bytesPerSecond().orElse(UNLIMITED_BYTES),
                WAIT_MAX);
    }

    /// Calls at once that are not journals: an eighth is kept free for those.
    int notJournals() {
        return Math.max(1, requestsInFlight - Math.max(1, requestsInFlight / 8));
    }

    /// Calls at once of the background: a large put may take a minute, and readers come in crowds.
    int background() {
        return Math.max(1, requestsInFlight / 2);
    }
}
