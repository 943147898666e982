// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

/// A long job in small steps. Owner: one thread at a time, that of its [StepLoop] or the test's.
public interface Stepper {
    /// For logs, metrics and status: one lower-case word.
    String name();

    /// Does at most one I/O of weight against the bucket, then returns. Never throws for a failure
    /// of the world.
    StepResult step();
}
