// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Time that passes on purpose: the moment of a fault is the input of a scenario. Stateless.
public final class Ticks {
    private Ticks() {}

    public static void pass(Duration time) {
        var _ = passWhile(time, () -> true);
    }

    /// Passes until the time is over or the condition is not true any more.
    ///
    /// @return whether the time is over
    public static boolean passWhile(Duration time, BooleanSupplier condition) {
        long endNs = System.nanoTime() + time.toNanos();
        long stepNs = Math.max(1_000_000, Math.min(time.toNanos(), 20_000_000));
        while (System.nanoTime() < endNs) {
            if (!condition.getAsBoolean()) {
                return false;
            }
            LockSupport.parkNanos(Math.min(stepNs, endNs - System.nanoTime()));
        }
        return true;
    }
}
