// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchiveSettings.BackOff;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StepLoopTest {
    private final ManualClock clock = new ManualClock();
    private final List<Long> pauses = new ArrayList<>();
    private final StepRecord record = new StepRecord("job", clock);

    @Test
    void stepsAtOnceWhileItProgressesAndPausesWhenIdle() {
        run(
                List.of(
                        new StepResult.Progressed(),
                        new StepResult.Progressed(),
                        new StepResult.Idle(250)));

        assertThat(pauses).containsExactly(250L);
        assertThat(record.status().stopped()).isEqualTo("end");
    }

    @Test
    void backsOffLongerAfterEachFailureUpToTheLimit() {
        StepResult failed = new StepResult.Failed("bucket away", new IOException("no route"));

        run(java.util.Collections.nCopies(12, failed));

        assertThat(pauses).hasSize(12);
        for (int i = 0; i < 12; i++) {
            long full = Math.min(30_000, 100L << i);
            assertThat(pauses.get(i)).isBetween(full / 2, full);
        }
        assertThat(record.status().failures()).isEqualTo(12);
        assertThat(record.status().lastError()).contains("no route");
    }

    /// A job of several steps goes well up to the one that fails: it must not begin again at once,
    /// as if nothing had been, nor be called well.
    @Test
    void backsOffLongerWhenTheSameStepFailsAgainBehindOthersThatDoNot() {
        StepResult failed = new StepResult.Failed("damaged", new IOException("crc"));
        List<StepResult> results = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            results.addAll(List.of(new StepResult.Progressed(), failed));
        }

        run(results);

        assertThat(pauses).hasSize(8);
        assertThat(pauses.getLast()).isGreaterThanOrEqualTo((100L << 7) / 2);
        assertThat(record.status().failures()).isEqualTo(8);
        assertThat(record.status().lastError()).contains("crc");
    }

    @Test
    void forgetsFailuresWhenAJobIsDone() {
        StepResult failed = new StepResult.Failed("bucket away", new IOException("no route"));
        List<StepResult> busy =
                new ArrayList<>(
                        java.util.Collections.nCopies(
                                StepRecord.FORGIVEN_AFTER, new StepResult.Progressed()));
        busy.addFirst(failed);
        busy.addAll(List.of(failed, new StepResult.Idle(5), failed));

        run(busy);

        assertThat(pauses.get(0)).isBetween(50L, 100L);
        assertThat(pauses.get(1)).isBetween(50L, 100L);
        assertThat(pauses.get(3)).isBetween(50L, 100L);
        assertThat(record.status().failures()).isEqualTo(1);
    }

    @Test
    void anExceptionOfOursStopsTheStepperAndIsTold() {
        Stepper broken =
                new Stepper() {
                    @Override
                    public String name() {
                        return "broken";
                    }

                    @Override
                    public StepResult step() {
                        throw new IllegalStateException("bug");
                    }
                };

        loop(broken).run();

        assertThat(record.status().stopped()).contains("bug");
    }

    @Test
    void aClosedLoopTakesNoFurtherStep() {
        StepLoop loop = loop(new Script(List.of()));
        loop.close();

        loop.run();

        assertThat(record.status().stopped()).isNull();
    }

    private void run(List<? extends StepResult> results) {
        loop(new Script(results)).run();
    }

    private StepLoop loop(Stepper stepper) {
        return new StepLoop(
                stepper,
                new BackOff(100, 30_000),
                new SplittableRandom(1),
                (wake, ms) -> pauses.add(ms),
                record);
    }

    private static final class Script implements Stepper {
        private final Iterator<? extends StepResult> results;

        Script(List<? extends StepResult> results) {
            this.results = results.iterator();
        }

        @Override
        public String name() {
            return "script";
        }

        @Override
        public StepResult step() {
            return results.hasNext() ? results.next() : new StepResult.Stopped("end");
        }
    }
}
