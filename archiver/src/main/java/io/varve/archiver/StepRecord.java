// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import java.time.InstantSource;

/// What came of a stepper's steps, for status and metrics. One thread writes, any reads.
final class StepRecord {
    /// Steps that go well in a row, or one that finds nothing to do, make a failure past. A job of
    /// several steps that fails at the same one each time has not got on in between.
    static final int FORGIVEN_AFTER = 1_000;

    private final String name;
    private final InstantSource clock;
    private volatile JobStatus status;
    private int progressed;

    StepRecord(String name, InstantSource clock) {
        this.name = name;
        this.clock = clock;
        this.status = new JobStatus(name, 0, 0, null, null);
    }

    void took(StepResult result) {
        JobStatus old = status;
        if (!(result instanceof StepResult.Progressed)) {
            progressed = 0;
        }
        status =
                switch (result) {
                    case StepResult.Progressed p ->
                            old.failures() > 0 && ++progressed < FORGIVEN_AFTER
                                    ? old
                                    : new JobStatus(name, clock.millis(), 0, null, null);
                    case StepResult.Idle i -> new JobStatus(name, clock.millis(), 0, null, null);
                    case StepResult.Failed f ->
                            new JobStatus(
                                    name,
                                    old.lastSuccessMs(),
                                    old.failures() + 1,
                                    f.what() + ": " + f.error().getMessage(),
                                    null);
                    case StepResult.Stopped s ->
                            new JobStatus(
                                    name,
                                    old.lastSuccessMs(),
                                    old.failures(),
                                    old.lastError(),
                                    s.reason());
                };
    }

    JobStatus status() {
        return status;
    }
}
