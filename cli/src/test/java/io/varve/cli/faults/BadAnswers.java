// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.objectstore.wire.Fault;
import io.varve.objectstore.wire.FaultPlan;
import java.util.concurrent.atomic.AtomicLong;

/// What becomes of a bucket's requests and answers, and how many met it. All pass at first.
/// Thread-safe.
final class BadAnswers implements FaultPlan {
    private static final FaultPlan NOTHING_BAD = _ -> Fault.PASS;

    private final AtomicLong puts = new AtomicLong();
    private final AtomicLong faults = new AtomicLong();
    private volatile FaultPlan plan = NOTHING_BAD;

    /// From now on.
    void follow(FaultPlan other) {
        plan = other;
    }

    /// From now on nothing bad happens.
    void end() {
        plan = NOTHING_BAD;
    }

    @Override
    public Fault next(String request) {
        if (request.startsWith("PUT ")) {
            puts.incrementAndGet();
        }
        Fault fault = plan.next(request);
        if (fault != Fault.PASS) {
            faults.incrementAndGet();
        }
        return fault;
    }

    /// Requests so far that met a fault.
    long faults() {
        return faults.get();
    }

    /// PUTs so far, each attempt for itself.
    long puts() {
        return puts.get();
    }
}
