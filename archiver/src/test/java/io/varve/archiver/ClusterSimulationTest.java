// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Goal: over any life of a cluster (appends, transactions, leader changes with zombies, crashes,
/// failing stores, retention, deletions, freed disks), what was acknowledged is in the hot tier or
/// in the bucket, nothing that is named is missing, and a restore from the bucket alone brings back
/// exactly what was journaled; and again, over a restored cluster. Method: random events in virtual
/// time, one thread, from a seed. `-Dsim.seed=N` replays one, `-Dsim.seeds=N` tries so many.
class ClusterSimulationTest {
    private static final int SEEDS = 50;
    private static final int EVENTS = 60;

    @TempDir Path temporary;

    @Test
    void whateverHappensNothingAcknowledgedIsLostAndTheBucketRestoresIt() throws Exception {
        Long replayed = Long.getLong("sim.seed");
        long seeds = replayed != null ? 1 : Long.getLong("sim.seeds", SEEDS);
        long first = replayed != null ? replayed : System.nanoTime() & 0xffff_ffffL;
        for (long seed = first; seed < first + seeds; seed++) {
            live(seed);
        }
    }

    @Test
    void livesThatOnceFailed() throws Exception {
        for (long seed :
                new long[] {
                    2635338723L, 772672384L, 2844160503L, 941522116L, 3553879310L, 2372125263L
                }) {
            live(seed);
        }
    }

    private void live(long seed) throws Exception {
        String at = "start";
        int event = 0;
        try {
            ClusterSimulation cluster =
                    new ClusterSimulation(
                            seed, Files.createDirectories(temporary.resolve(Long.toString(seed))));
            for (int life = 0; life < 3; life++) {
                for (int i = 0; i < EVENTS; i++) {
                    event++;
                    at = cluster.event();
                    if (event % 4 == 0) {
                        cluster.checkNames();
                    }
                }
                if (life == 1) {
                    at = "calm";
                    cluster.calm();
                }
                cluster.checkNames();
                at = "restore";
                cluster.destroyAndRestore();
            }
        } catch (AssertionError | Exception e) {
            throw new AssertionError(
                    "replay with -Dsim.seed=" + seed + ": event " + event + ", " + at, e);
        }
    }
}
