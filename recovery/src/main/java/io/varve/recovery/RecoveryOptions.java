// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import java.time.Duration;

/// How a restore is run. Immutable.
///
/// @param runner who runs it: host, process and something random; written into claim and cut
/// @param force go on although a broker of the old generation gave a sign of life
/// @param acceptLoss go on although something is lost or damaged: everything else is restored, and
///   the report names what is not
/// @param offsetGap so many offsets behind each restored end stay unused, so that none that was
///   lost is ever given out again: for groups and other readers that may be ahead
/// @param aliveInterval how often brokers give a sign of life; one younger than three intervals
///   counts
public record RecoveryOptions(
        String runner, boolean force, boolean acceptLoss, long offsetGap, Duration aliveInterval) {
    /// More would not be a gap but another log.
    public static final long OFFSET_GAP_MAX = 1L << 40;

    /// As brokers do it.
    public static final Duration ALIVE_INTERVAL = Duration.ofSeconds(30);

    public RecoveryOptions {
        if (runner.isEmpty()
                || aliveInterval.isNegative()
                || offsetGap < 0
                || offsetGap > OFFSET_GAP_MAX) {
            throw new IllegalArgumentException(
                    "bad options: runner="
                            + runner
                            + ", offsetGap="
                            + offsetGap
                            + ", aliveInterval="
                            + aliveInterval);
        }
    }

    /// Nothing forced, nothing accepted.
    public static RecoveryOptions careful(String runner) {
        return new RecoveryOptions(runner, false, false, 0, ALIVE_INTERVAL);
    }

    public RecoveryOptions withForce() {
        return new RecoveryOptions(runner, true, acceptLoss, offsetGap, aliveInterval);
    }

    public RecoveryOptions withAcceptLoss() {
        return new RecoveryOptions(runner, force, true, offsetGap, aliveInterval);
    }

    public RecoveryOptions withOffsetGap(long offsets) {
        return new RecoveryOptions(runner, force, acceptLoss, offsets, aliveInterval);
    }
}
