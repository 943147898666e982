// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.RecordedHotTier.Leader;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// One shard of a simulated cluster: its committed log, the archiver of its present leader, and
/// archivers of earlier leaders that have not noticed yet.
final class SimulatedShard {
    private static final int STEPS_MAX = 20_000;

    final RecordedHotTier tier;
    private final ArchiveContext context;
    private final ArchivePolicies policies;
    private final List<ShardJobs> zombies = new ArrayList<>();
    private final List<Leader> zombieLeaders = new ArrayList<>();
    Leader leader;
    ShardJobs jobs;

    SimulatedShard(RecordedHotTier tier, ArchiveContext context, ArchivePolicies policies) {
        this.tier = tier;
        this.context = context;
        this.policies = policies;
        this.leader = tier.leader();
        this.jobs = newJobs();
    }

    /// Each on a machine of its own.
    private ShardJobs newJobs() {
        return new ShardJobs(
                new ArchiveContext(
                        context.store(),
                        context.clusterId(),
                        context.writer(),
                        context.temporary().resolve("machine-" + tier.term),
                        context.settings(),
                        context.clock(),
                        context.random()),
                leader,
                policies);
    }

    /// The process is gone: nothing of it goes on.
    void crash() {
        leader.leads = false;
        lead();
    }

    /// Another broker leads; the old leader's archiver goes on as if nothing had happened.
    void changeLeader() {
        zombies.add(jobs);
        zombieLeaders.add(leader);
        lead();
    }

    private void lead() {
        leader = tier.nextLeader();
        jobs = newJobs();
    }

    /// Old leaders notice.
    void zombiesNotice() {
        zombieLeaders.forEach(old -> old.leads = false);
        zombies.clear();
        zombieLeaders.clear();
    }

    /// A few steps of whoever comes by.
    void stepSome(RandomGenerator random) {
        for (int i = random.nextInt(40); i > 0; i--) {
            int who = random.nextInt(zombies.size() + 2);
            boolean current = who >= zombies.size();
            step(current ? jobs : zombies.get(who), random.nextInt(3), current);
        }
    }

    private StepResult step(ShardJobs of, int which, boolean current) {
        Stepper stepper =
                switch (which) {
                    case 0 -> of.journals();
                    case 1 -> of.checkpoints();
                    default -> of.manifests();
                };
        StepResult result = stepper.step();
        if (current) {
            assertThat(result)
                    .as("%s of %s", stepper.name(), tier.shard)
                    .isNotInstanceOf(StepResult.Stopped.class);
        }
        return result;
    }

    /// Until the present leader has nothing to do; failures are retried.
    void settle() {
        int idle = 0;
        StepResult busy = null;
        for (int i = 0; i < STEPS_MAX && idle < 3; i++) {
            StepResult result = step(jobs, i % 3, true);
            idle = result instanceof StepResult.Idle ? idle + 1 : 0;
            busy = idle == 0 ? result : busy;
        }
        assertThat(idle)
                .as("never idle: %s, last=%s, jobs=%s", tier.shard, busy, jobs.status())
                .isEqualTo(3);
    }
}
