// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Waits until a shard's applied state is as wanted; looks whenever something was applied.
final class AppliedWait {
    private AppliedWait() {}

    /// @return whether the state came about in time
    static boolean until(Shard shard, BooleanSupplier wanted, Duration limit)
            throws InterruptedException {
        Semaphore changes = new Semaphore(0);
        ShardListener listener =
                new ShardListener() {
                    @Override
                    public void onApplied(Set<PartitionId> changed) {
                        changes.release();
                    }

                    @Override
                    public void onLeadership(Leadership leadership) {
                        changes.release();
                    }
                };
        shard.addListener(listener);
        try {
            long deadlineNs = System.nanoTime() + limit.toNanos();
            while (!wanted.getAsBoolean()) {
                long leftNs = deadlineNs - System.nanoTime();
                if (leftNs <= 0 || !changes.tryAcquire(leftNs, TimeUnit.NANOSECONDS)) {
                    return wanted.getAsBoolean();
                }
                changes.drainPermits();
            }
            return true;
        } finally {
            shard.removeListener(listener);
        }
    }
}
