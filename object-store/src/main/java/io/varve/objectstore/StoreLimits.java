// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.time.Duration;

/// Bounds of what the client of a store does. Immutable.
///
/// @param connections most connections at a time; a call waits for one as long as `attempt`
/// @param connect time to reach the server
/// @param attempt one request without its body; also the longest silence in the middle of one
/// @param call all attempts of one call and the waits between them, without their bodies
/// @param bytesPerSecond the slowest network that is put up with: a body adds its time at this rate
///   to `attempt`, and twice that to `call`
/// @param attempts most requests for one call
/// @param delay wait before the second attempt; doubles up to `delayMax`, with jitter
/// @param throttledDelay the same after the store asked to slow down
public record StoreLimits(
        int connections,
        Duration connect,
        Duration attempt,
        Duration call,
        long bytesPerSecond,
        int attempts,
        Duration delay,
        Duration throttledDelay,
        Duration delayMax) {
    public static final StoreLimits DEFAULT =
            new StoreLimits(
                    64,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60),
                    1 << 20,
                    5,
                    Duration.ofMillis(100),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(10));

    /// Longest time for one request with a body of so many bytes.
    public Duration attemptOf(long bytes) {
        return attempt.plus(transfer(bytes));
    }

    /// Longest time for one call with a body of so many bytes.
    public Duration callOf(long bytes) {
        return call.plus(transfer(bytes).multipliedBy(2));
    }

    private Duration transfer(long bytes) {
        return Duration.ofMillis(bytes * 1_000 / bytesPerSecond);
    }
}
