// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

/// Drives steppers without threads.
final class Steps {
    private static final int STEPS_MAX = 10_000;

    private Steps() {}

    /// Steps until there is nothing to do, retrying failures.
    static StepResult untilIdle(Stepper stepper) {
        for (int i = 0; i < STEPS_MAX; i++) {
            StepResult result = stepper.step();
            if (result instanceof StepResult.Idle || result instanceof StepResult.Stopped) {
                return result;
            }
        }
        throw new AssertionError(
                "never idle: stepper="
                        + stepper.name()
                        + ", steps="
                        + STEPS_MAX
                        + ", last="
                        + stepper.step());
    }
}
