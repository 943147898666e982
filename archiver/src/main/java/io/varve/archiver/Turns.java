// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import java.util.List;

/// Several steppers on one thread, a step each in turn: what they share needs no lock. Each has its
/// own record; a failure of one does not keep the others from their turn. Owner: the thread that
/// steps.
final class Turns implements Stepper {
    private final String name;
    private final List<Turn> turns;

    /// One stepper and what came of its steps.
    record Turn(Stepper stepper, StepRecord record) {}

    Turns(String name, List<Turn> turns) {
        this.name = name;
        this.turns = List.copyOf(turns);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StepResult step() {
        boolean progressed = false;
        StepResult.Failed failed = null;
        StepResult.Stopped stopped = null;
        long idleMs = Long.MAX_VALUE;
        for (Turn turn : turns) {
            StepResult result = turn.stepper().step();
            turn.record().took(result);
            switch (result) {
                case StepResult.Progressed p -> progressed = true;
                case StepResult.Idle idle -> idleMs = Math.min(idleMs, idle.forMs());
                case StepResult.Failed f -> failed = f;
                case StepResult.Stopped s -> stopped = s;
            }
        }
        if (stopped != null) {
            return stopped;
        }
        if (failed != null) {
            return failed;
        }
        return progressed ? new StepResult.Progressed() : new StepResult.Idle(idleMs);
    }
}
