// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who reads what is named has a grace from when it is said to go. (Found by the simulation, seed
/// 228496690.)
class DoomGraceTest {
    private static final long HOUR_MS = 3_600_000;
    private static final long SLACK_MS = 60_000;

    /// A manifest's times go by an answer of the store's clock that may be so old.
    private static final long CACHED_CLOCK_MS =
            ArchiveSettings.defaults().cleaning().retentionCheckMs() + SLACK_MS;

    @TempDir Path temporary;

    @Test
    void theGraceBeginsWhenTheCheckpointIsThereHoweverOldItsDraftIs() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        for (int round = 0; round < 2; round++) {
            world.tier.append(orders, 5, 100);
            world.segment(orders);
            world.checkpoint();
        }
        world.tier.append(orders, 1, 1);
        world.journal();
        assertThat(world.jobs.open().checkpointer().demand()).isNotDone();
        List<DoomedObject> before = newest(world).doomed();
        world.store.failNextPut(false);
        stepUntil(world.jobs.checkpoints(), StepResult.Failed.class);

        world.clock.advanceMs(3 * HOUR_MS);
        stepUntil(world.jobs.checkpoints(), StepResult.Idle.class);

        List<DoomedObject> now = new ArrayList<>(newest(world).doomed());
        now.removeAll(before);
        assertThat(now).isNotEmpty();
        assertThat(now)
                .allSatisfy(object ->
                        assertThat(object.deleteAfterMs())
                                .isGreaterThanOrEqualTo(world.clock.millis() + HOUR_MS - SLACK_MS));
        world.settleStubbornly();
        now.forEach(object -> assertThat(world.keys(object.key())).isNotEmpty());
        world.passMs(2 * HOUR_MS);
        now.forEach(object -> assertThat(world.keys(object.key())).isEmpty());
    }

    @Test
    void aManifestWhoseOutcomeStayedUnknownForHoursIsMadeAnew() throws Exception {
        for (boolean stored : new boolean[] {false, true}) {
            ShardWorld world = new ShardWorld(temporary);
            PartitionId orders = world.tier.open("orders", 0);
            for (int round = 0; round < 3; round++) {
                world.tier.append(orders, 5, 100);
                world.segment(orders);
            }
            List<DoomedObject> before = world.manifest(orders).orElseThrow().doomed();
            long versions = world.manifest(orders).orElseThrow().version();
            world.clock.advanceMs(HOUR_MS);
            world.tier.append(orders, 5, 100);
            stepUntil(world.jobs.journals(), StepResult.Idle.class);
            world.clock.advanceMs(ShardWorld.INTERVAL_MS);
            stepUntil(world.jobs.journals(), StepResult.Idle.class);
            world.jobs.open().segmenter().ask(List.of(orders));
            world.store.goAwayAtPutOf("/manifest/", stored);
            stepUntil(world.jobs.manifests(), StepResult.Failed.class);

            world.store.away = false;
            world.clock.advanceMs(3 * HOUR_MS);
            world.settleStubbornly();

            List<DoomedObject> now = new ArrayList<>(world.manifest(orders).orElseThrow().doomed());
            now.removeAll(before);
            assertThat(world.manifest(orders).orElseThrow().version()).isGreaterThan(versions);
            long visibleMs = stored ? world.clock.millis() - 3 * HOUR_MS : world.clock.millis();
            assertThat(now)
                    .allSatisfy(object ->
                            assertThat(object.deleteAfterMs())
                                    .isGreaterThanOrEqualTo(visibleMs + HOUR_MS - CACHED_CLOCK_MS));
            world.assertBucketHoldsEverything();
        }
    }

    private static void stepUntil(Stepper stepper, Class<? extends StepResult> result) {
        for (int i = 0; i < 1_000; i++) {
            if (result.isInstance(stepper.step())) {
                return;
            }
        }
        throw new AssertionError("never: " + result);
    }

    private static ShardCheckpoint newest(ShardWorld world) throws Exception {
        return CheckpointStore.newest(world.memory, world.tier.shard).orElseThrow();
    }
}
