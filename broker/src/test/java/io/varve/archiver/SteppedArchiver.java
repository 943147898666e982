// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.PartitionId;
import java.util.Collection;
import java.util.random.RandomGenerator;

/// An archiver without threads: its jobs go on when they are stepped. Owner: one thread.
public final class SteppedArchiver {
    private static final int JOBS = 3;
    private static final int STEPS_MAX = 20_000;

    private final ShardJobs jobs;
    private final ShardSource source;

    public SteppedArchiver(ArchiveContext context, ShardSource source, ArchivePolicies policies) {
        this.jobs = new ShardJobs(context, source, policies);
        this.source = source;
    }

    public ShardSource source() {
        return source;
    }

    /// One step of one of the jobs.
    public StepResult step(RandomGenerator random) {
        return step(random.nextInt(JOBS));
    }

    private StepResult step(int job) {
        Stepper stepper =
                switch (job) {
                    case 0 -> jobs.journals();
                    case 1 -> jobs.checkpoints();
                    default -> jobs.manifests();
                };
        return stepper.step();
    }

    /// Until nothing is left to do, or the leadership is over.
    ///
    /// @return false when that did not come about
    public boolean settle() {
        int idle = 0;
        for (int i = 0; i < STEPS_MAX && idle < JOBS; i++) {
            StepResult result = step(i % JOBS);
            if (result instanceof StepResult.Stopped) {
                return true;
            }
            idle = result instanceof StepResult.Idle ? idle + 1 : 0;
        }
        return idle == JOBS;
    }

    /// Segments of these partitions and a checkpoint, whatever sizes and ages say.
    public void ask(Collection<PartitionId> partitions) {
        ShardJobs.Open open = jobs.open();
        if (open != null) {
            open.segmenter().ask(partitions);
            var ignored = open.checkpointer().demand();
        }
    }

    @Override
    public String toString() {
        return source.shard() + ", term " + source.term() + ": " + jobs.status();
    }
}
