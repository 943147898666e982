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
        while (!(world.jobs.checkpoints().step() instanceof StepResult.Failed)) {
            // up to the put of the draft
        }

        world.clock.advanceMs(3 * HOUR_MS);
        while (!(world.jobs.checkpoints().step() instanceof StepResult.Idle)) {
            // the bucket is back
        }

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

    private static ShardCheckpoint newest(ShardWorld world) throws Exception {
        return CheckpointStore.newest(world.memory, world.tier.shard).orElseThrow();
    }
}
