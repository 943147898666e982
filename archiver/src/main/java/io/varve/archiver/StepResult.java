// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

/// What a stepper's step did. `step()` does at most one I/O against the bucket and returns; the
/// scheduler repeats it.
public sealed interface StepResult {
    /// Something was done, and more may be waiting: step again at once.
    record Progressed() implements StepResult {}

    /// Nothing to do before this many milliseconds, or before the stepper is woken.
    record Idle(long forMs) implements StepResult {}

    /// The world failed (the store, the disk): step again after a back-off.
    record Failed(String what, Exception error) implements StepResult {}

    /// This leadership is over, or the bucket contradicts it: no further step does anything. The
    /// reason is for the log.
    record Stopped(String reason) implements StepResult {}
}
