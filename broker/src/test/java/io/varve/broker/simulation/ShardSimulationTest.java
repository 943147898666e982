// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Goal: over any life of a shard (writes, transactions, leader changes that drop what was not
/// committed, leaders that are cut off and go on, power cuts in the middle of anything, failing
/// stores, freed disks, deletions), what was acknowledged is readable with the bytes that were
/// sent, nothing is gone that local disk gave up or the bucket names. Method: random events in
/// virtual time, one thread, from a seed; the shard, its log, its archiver and its restore are the
/// real ones. `-Dsim.seed=N` replays one, `-Dsim.seeds=N` tries so many.
class ShardSimulationTest {
    private static final int SEEDS = 50;
    private static final int EVENTS = 55;
    private static final int LIVES = 2;

    @TempDir Path temporary;

    @Test
    void whateverHappensWhatWasAcknowledgedIsReadable() throws Exception {
        Long replayed = Long.getLong("sim.seed");
        long seeds = replayed != null ? 1 : Long.getLong("sim.seeds", SEEDS);
        long first = replayed != null ? replayed : System.nanoTime() & 0xffff_ffffL;
        Tally tally = new Tally();
        for (long seed = first; seed < first + seeds; seed++) {
            live(seed, tally);
        }
        System.out.println("ShardSimulationTest: seeds=" + seeds + ", " + tally);
        for (Tally.What what : Tally.What.values()) {
            assertThat(tally.of(what)).as("times: %s", what).isGreaterThan(seeds < SEEDS ? -1 : 0);
        }
    }

    private void live(long seed, Tally tally) throws Exception {
        String at = "start";
        int event = 0;
        try {
            Path folder = Files.createDirectories(temporary.resolve(Long.toString(seed)));
            ShardSimulation cluster = new ShardSimulation(seed, folder, tally);
            for (int life = 1; life <= LIVES; life++) {
                for (int i = 0; i < EVENTS; i++) {
                    event++;
                    at = cluster.event();
                    cluster.check(event % 10 == 0);
                }
                boolean calm = (seed + life) % 2 == 0;
                if (calm) {
                    at = "calm";
                    cluster.calmDown();
                }
                at = "restore";
                cluster.destroyAndRestore(calm);
            }
            at = "end";
            cluster.liveQuietly();
        } catch (AssertionError | Exception e) {
            throw new AssertionError(
                    "replay with -Dsim.seed="
                            + seed
                            + ": event "
                            + event
                            + ", "
                            + at
                            + ", lives lived before="
                            + tally.of(Tally.What.RESTORES),
                    e);
        }
    }
}
