// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultPlan;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: a restore that dies at any write is ended by any other run, and ends the same. Method: the
/// n-th write of a run fails, before or after the store did it (the runner cannot tell), for n = 0,
/// 1, 2, … until a run passes; another runner, hours later, goes on.
class RecoveryCrashTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRunThatDiesAtAWriteIsEndedByAnotherRunnerInTheSameState(boolean afterTheWork)
            throws Exception {
        LivedCluster lived = new LivedCluster(4);
        TreeMap<String, String> before = lived.objects();
        MemoryObjectStore undisturbed = LivedCluster.store(before, new ManualClock());
        run(undisturbed, new ManualClock(), "first");
        Fault fault = afterTheWork ? new Fault.FailAfter() : new Fault.FailBefore();
        int writes = 0;
        while (true) {
            ManualClock clock = new ManualClock();
            MemoryObjectStore bucket = LivedCluster.store(before, clock);
            long at = writes;
            long[] seen = new long[1];
            FaultPlan plan =
                    request ->
                            isWrite(request) && seen[0]++ == at
                                    ? Optional.of(fault)
                                    : Optional.empty();
            boolean died = dies(bucket, plan, clock);
            assertThat(died)
                    .as("an answer that was lost is asked for")
                    .isNotEqualTo(afterTheWork || seen[0] <= at);
            clock.pass(Duration.ofHours(3));

            RecoveryReport second = run(bucket, clock, "second");

            assertSameRestore(undisturbed, bucket, before, lived.cluster);
            assertThat(second.isWhole()).isTrue();
            assertThat(second.generation()).isEqualTo(2);
            if (seen[0] <= at) {
                break;
            }
            writes++;
        }
        assertThat(writes).as("claim, three ENDs, three checkpoints, cut").isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void runsThatDieAtEveryWriteInTurnStillEnd(boolean afterTheWork) throws Exception {
        LivedCluster lived = new LivedCluster(5);
        TreeMap<String, String> before = lived.objects();
        MemoryObjectStore undisturbed = LivedCluster.store(before, new ManualClock());
        run(undisturbed, new ManualClock(), "first");
        ManualClock clock = new ManualClock();
        MemoryObjectStore bucket = LivedCluster.store(before, clock);
        Set<String> failedOnce = new HashSet<>();
        FaultPlan plan =
                request ->
                        isWrite(request) && failedOnce.add(request.key())
                                ? Optional.of(
                                        afterTheWork
                                                ? new Fault.FailAfter()
                                                : new Fault.FailBefore())
                                : Optional.empty();
        int deaths = 0;
        while (dies(bucket, plan, clock)) {
            deaths++;
            clock.pass(Duration.ofHours(1));
            assertThat(deaths).isLessThan(20);
        }

        assertThat(failedOnce).hasSizeGreaterThanOrEqualTo(8);
        assertThat(afterTheWork || deaths >= 8).isTrue();
        assertSameRestore(undisturbed, bucket, before, lived.cluster);
    }

    private static boolean isWrite(FaultPlan.Request request) {
        return request.operation() == StoreOperation.PUT
                || request.operation() == StoreOperation.DELETE;
    }

    private static boolean dies(ObjectStore bucket, FaultPlan plan, ManualClock clock)
            throws RecoveryException {
        try {
            run(new FaultyObjectStore(bucket, plan, time -> {}), clock, "dying");
            return false;
        } catch (ObjectStoreException e) {
            assertThat(e).isInstanceOf(ObjectStoreException.Transient.class);
            assertThat(e).hasMessageContaining("made up");
            return true;
        }
    }

    private static RecoveryReport run(ObjectStore bucket, ManualClock clock, String runner)
            throws RecoveryException, ObjectStoreException {
        return new RecoveryRun(
                        bucket, RecoveryOptions.careful(runner).withForce(), clock, step -> {})
                .run();
    }

    /// The same cut but for who and when; nothing that was there before is changed; every record
    /// that was journaled is there once; nothing but the one restore was added.
    private static void assertSameRestore(
            ObjectStore expected,
            ObjectStore found,
            Map<String, String> before,
            BucketBuilder truth)
            throws Exception {
        Cut ours = ClusterFiles.cut(expected, 2).orElseThrow();
        Cut theirs = ClusterFiles.cut(found, 2).orElseThrow();
        assertThat(theirs.shards()).isEqualTo(ours.shards());
        assertThat(theirs.partitions()).isEqualTo(ours.partitions());
        assertThat(theirs.loweredOffsets()).isEqualTo(ours.loweredOffsets());
        assertThat(theirs.firstProducerId()).isEqualTo(ours.firstProducerId());
        RecoveryPlan plan = RecoveryPlanner.plan(found);
        assertThat(plan.prepared()).isTrue();
        assertThat(plan.topics()).isEqualTo(RecoveryPlanner.plan(expected).topics());
        Restored.matches(found, plan, truth);
        TreeMap<String, String> objects = Restored.objects(found);
        assertThat(objects).containsAllEntriesOf(before);
        assertThat(objects.keySet())
                .containsExactlyInAnyOrderElementsOf(Restored.objects(expected).keySet());
    }
}
