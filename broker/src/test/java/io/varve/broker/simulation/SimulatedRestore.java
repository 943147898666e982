// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding;
import io.varve.recovery.PartitionContent;
import io.varve.recovery.PartitionPlan;
import io.varve.recovery.RecoveryException;
import io.varve.recovery.RecoveryOptions;
import io.varve.recovery.RecoveryPlan;
import io.varve.recovery.RecoveryPlanner;
import io.varve.recovery.RecoveryRun;
import io.varve.recovery.audit.Audit;
import io.varve.recovery.audit.AuditFinding;
import io.varve.recovery.audit.AuditLevel;
import io.varve.recovery.audit.AuditOptions;
import io.varve.recovery.audit.AuditReport;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// All machines are gone: what the bucket alone gives back, held against what was seen. Owner: the
/// simulation.
final class SimulatedRestore {
    private static final int TRIES_MAX = 12;

    /// So many requests in a row seldom go well.
    private static final int TRIES_WITH_FAULTS = 10;

    private final SimulatedWorld world;
    private final SplittableRandom random;
    private final ObjectStore bucket;

    SimulatedRestore(SimulatedWorld world, SplittableRandom random) {
        this.world = world;
        this.random = random;
        this.bucket = world.bucket;
    }

    /// The plan brings back what journals and segments hold, as it was seen.
    ///
    /// @param everything whether nothing was waiting for the archive
    void checkPlan(SimulatedShard shard, boolean everything) throws Exception {
        RecoveryPlan plan = RecoveryPlanner.plan(bucket);
        assertThat(plan.lost()).isEmpty();
        for (Map.Entry<PartitionId, TrueLog.Part> seen : shard.truth.parts().entrySet()) {
            PartitionId id = seen.getKey();
            TrueLog.Part part = seen.getValue();
            PartitionPlan found = plan.partition(id).orElse(null);
            if (found == null) {
                long held = shard.bucket.heldUntil(id, part.skipGap(0));
                assertThat(shard.isOpen(id) && everything)
                        .as("not in the plan: partition=%s, end=%s, held=%s", id, part.end, held)
                        .isFalse();
                continue;
            }
            assertThat(found.logStart()).as("start of %s", id).isLessThanOrEqualTo(part.startMax);
            assertThat(found.endOffset())
                    .as("end of %s", id)
                    .isBetween(shard.heldEnd(id, found.logStart()), part.end);
            if (everything && shard.isOpen(id)) {
                assertThat(found.endOffset()).as("end of %s", id).isEqualTo(part.end);
            }
            new PartitionContent(bucket, found)
                    .read(
                            found.logStart(),
                            batch -> {
                                shard.truth.check(id, batch, "restored");
                                return true;
                            });
        }
    }

    /// Makes the next generation; fails and begins again as the store pleases.
    void run() throws Exception {
        long gap = random.nextInt(2) * random.nextLong(50);
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            world.faults(tries < TRIES_WITH_FAULTS);
            try {
                new RecoveryRun(
                                world.store,
                                RecoveryOptions.careful("sim-" + tries)
                                        .withForce()
                                        .withOffsetGap(gap),
                                world.clock,
                                step -> {})
                        .run();
                world.faults(false);
                world.tally.count(Tally.What.RESTORES, 1);
                return;
            } catch (ObjectStoreException e) {
                world.clock.advanceMs(1_000);
            } catch (RecoveryException e) {
                throw new AssertionError("refused", e);
            }
        }
        throw new AssertionError("never restored");
    }

    /// What is in the bucket from now on is the truth.
    void learn(RecoveryPlan restored, PartitionId id, TrueLog truth) throws Exception {
        PartitionPlan plan = restored.partition(id).orElseThrow();
        TreeMap<Long, TrueLog.Batch> batches = new TreeMap<>();
        new PartitionContent(bucket, plan)
                .read(
                        plan.logStart(),
                        batch -> {
                            batches.put(
                                    batch.baseOffset(),
                                    new TrueLog.Batch(batch.endOffset(), TrueLog.copy(batch)));
                            return true;
                        });
        truth.restored(id, batches, plan.logStart(), plan.endOffset());
    }

    /// Nothing is wrong with the bucket.
    ///
    /// @param inTheMiddle whether something was going on: then copies of topics may not be there
    ///   yet, and nobody has looked for orphans
    void audit(boolean inTheMiddle) throws Exception {
        AuditReport report = Audit.run(bucket, AuditOptions.of(AuditLevel.BYTES));
        List<AuditFinding> bad =
                report.findings().stream()
                        .filter(AuditFinding::isBad)
                        .filter(finding -> !(inTheMiddle && mayWait(finding)))
                        .toList();
        assertThat(bad).as("findings of the audit").isEmpty();
    }

    private static boolean mayWait(AuditFinding finding) {
        return finding.kind() == Finding.Kind.ORPHAN
                || finding.kind() == Finding.Kind.DOOMED_OVERDUE
                || (finding.kind() == Finding.Kind.MISSING_OBJECT
                        && BucketKeys.parse(finding.key()) instanceof ObjectName.TopicJson);
    }
}
