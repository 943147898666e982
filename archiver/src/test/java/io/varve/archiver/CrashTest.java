// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: whatever the archiver was doing when it died, or when the store's answer was lost, nothing
/// is lost and nothing is there twice. Method: a fixed day in the life of a shard is run once for
/// every request n, which fails before or after its work; the archiver is then dropped and the next
/// leader goes on (or, in the second test, the same one retries). At the end everything that is not
/// deleted is read back from the bucket alone.
class CrashTest {
    private static final long HOUR_MS = 3_600_000;

    @TempDir Path temporary;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCrashAtEveryRequestLeavesOrphansNeverHoles(boolean afterTheWork) throws Exception {
        int crashes = enumerate(afterTheWork, true);

        assertThat(crashes).isGreaterThan(60);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyLostAnswerIsReadBeforeItIsActedUpon(boolean afterTheWork) throws Exception {
        int failures = enumerate(afterTheWork, false);

        assertThat(failures).isGreaterThan(60);
    }

    private int enumerate(boolean afterTheWork, boolean crash) throws Exception {
        ShardWorld undisturbed = new ShardWorld(temporary.resolve("undisturbed"));
        new Day(undisturbed, crash).live();
        Map<String, String> expected = contents(undisturbed);
        for (int n = 0; ; n++) {
            ShardWorld world = new ShardWorld(temporary.resolve("run-" + n));
            world.store.failAt(n, afterTheWork);
            Day day = new Day(world, crash);
            try {
                day.live();
                assertThat(contents(world)).isEqualTo(expected);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "request " + n + " fails, afterTheWork=" + afterTheWork, e);
            }
            if (!world.store.failed()) {
                return n;
            }
        }
    }

    /// What happens, in order. After each thing the archiver works until it is idle or dies.
    private static final class Day {
        private final ShardWorld world;
        private final boolean crash;

        Day(ShardWorld world, boolean crash) {
            this.world = world;
            this.crash = crash;
        }

        void live() throws Exception {
            PartitionId orders = world.tier.open("orders", 0);
            PartitionId users = world.tier.open("users", 0);
            world.tier.append(orders, 3, 200);
            world.tier.appendTransactional(users, 9, 0, 2);
            work();
            pass(ShardWorld.INTERVAL_MS);
            world.tier.endTransaction(users, 9, false);
            world.tier.append(orders, 3, 200);
            pass(ShardWorld.INTERVAL_MS);
            segment(orders, users);
            checkpoint();
            world.tier.append(orders, 2, 200);
            pass(ShardWorld.INTERVAL_MS);
            segment(orders);
            world.leader.moveLogStart(orders, 3);
            checkpoint();
            pass(HOUR_MS);
            world.tier.append(users, 2, 200);
            pass(ShardWorld.INTERVAL_MS);
            segment(users);
            checkpoint();
            pass(2 * HOUR_MS);
            pass(ShardWorld.INTERVAL_MS);
            world.assertBucketHoldsEverything();
            assertManifestsNameOnlyWhatIsThere(world);
            deleteTopicAndWait(world.topic(users), users);
            world.assertBucketHoldsEverything();
            assertManifestsNameAllThatIsThere(world, orders);
        }

        /// Undelete time and graces pass, and an orphan scan with its own grace.
        private void deleteTopicAndWait(String topic, PartitionId id) throws Exception {
            world.tier.close(id);
            pass(ShardWorld.INTERVAL_MS);
            checkpoint();
            for (int day = 0; day < 10; day++) {
                pass(26 * HOUR_MS);
                pass(HOUR_MS);
            }
            String prefix = BucketKeys.topicPrefix(topic, id.topicId());
            assertThat(world.keys(prefix)).as("objects of a deleted topic").isEmpty();
            assertThat(world.keys(BucketKeys.trash(id.topicId()))).as("intents").isEmpty();
        }

        private void work() {
            while (!world.settle()) {
                if (crash) {
                    world.failOver();
                }
            }
        }

        private void pass(long ms) {
            world.clock.advanceMs(ms);
            work();
        }

        private void segment(PartitionId... ids) {
            if (world.jobs.open() != null) {
                world.jobs.open().segmenter().ask(List.of(ids));
            }
            work();
        }

        private void checkpoint() {
            if (world.jobs.open() != null) {
                var floor = world.jobs.open().checkpointer().demand();
                work();
                assertThat(crash || floor.isDone()).isTrue();
            }
        }
    }

    /// No orphan is left for ever: every segment object is named once.
    private static void assertManifestsNameAllThatIsThere(ShardWorld world, PartitionId id)
            throws Exception {
        PartitionManifest manifest = world.manifest(id).orElseThrow();
        assertThat(world.keys(BucketKeys.segmentPrefix(world.topic(id), id)))
                .containsExactlyElementsOf(
                        manifest.entries().stream()
                                .map(entry -> entry.key(world.topic(id), id))
                                .toList());
    }

    /// What the bucket says of each open partition. Where segments begin depends on when the
    /// archiver died; their bytes are compared elsewhere.
    private static Map<String, String> contents(ShardWorld world) throws Exception {
        Map<String, String> contents = new TreeMap<>();
        for (PartitionId id : world.tier.ledgers.keySet()) {
            PartitionManifest manifest = world.manifest(id).orElseThrow();
            contents.put(
                    id.toString(),
                    manifest.logStart() + " " + manifest.archivedEnd() + " " + manifest.gaps());
        }
        return contents;
    }

    private static void assertManifestsNameOnlyWhatIsThere(ShardWorld world) throws Exception {
        Set<String> there = new HashSet<>(world.keys("topics/"));
        for (PartitionId id : world.tier.ledgers.keySet()) {
            PartitionManifest manifest = world.manifest(id).orElse(null);
            for (SegmentEntry entry :
                    manifest == null ? List.<SegmentEntry>of() : manifest.entries()) {
                assertThat(there).contains(entry.key(world.topic(id), id));
            }
        }
    }

    @Test
    void aRandomLifeLosesNothing() throws Exception {
        long firstSeed = Long.getLong("sim.seed", System.nanoTime() & 0xffff_ffffL);
        int runs = Long.getLong("sim.seed") != null ? 1 : 25;
        for (int run = 0; run < runs; run++) {
            long seed = firstSeed + run;
            try {
                live(seed);
            } catch (AssertionError | Exception e) {
                throw new AssertionError("replay with -Dsim.seed=" + seed, e);
            }
        }
    }

    private void live(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        ShardWorld world = new ShardWorld(temporary.resolve("seed-" + seed));
        world.policy =
                new Policy(
                        OptionalLong.of(20 * HOUR_MS),
                        OptionalLong.of(60_000),
                        8_000,
                        HOUR_MS,
                        false,
                        true);
        List<PartitionId> ids =
                List.of(world.tier.open("a", 0), world.tier.open("b", 0), world.tier.open("c", 0));
        for (int i = 0; i < 150; i++) {
            PartitionId id = ids.get(random.nextInt(ids.size()));
            switch (random.nextInt(9)) {
                case 0, 1, 2, 3 ->
                        world.tier.append(id, 1 + random.nextInt(4), random.nextInt(2_000));
                case 4 -> world.clock.advanceMs(random.nextLong(HOUR_MS));
                case 5 -> world.store.failAt(random.nextInt(6), random.nextBoolean());
                case 6 -> world.failOver();
                case 7 -> {
                    if (world.jobs.open() != null) {
                        assertThat(world.jobs.open().checkpointer().demand()).isNotNull();
                        world.jobs.open().segmenter().ask(List.of(id));
                    }
                }
                default -> {
                    long end = world.tier.ledgers.get(id).highWatermark();
                    world.tier.freeBelow(
                            id, Math.min(world.tier.ledgers.get(id).archivedEnd(), end));
                }
            }
            if (random.nextInt(3) == 0 && !world.settle() && random.nextBoolean()) {
                world.failOver();
            }
        }
        world.journal();
        world.assertBucketHoldsEverything();
        assertManifestsNameOnlyWhatIsThere(world);
        world.failOver();
        world.settleStubbornly();
        world.passMs(4 * HOUR_MS);
        world.assertBucketHoldsEverything();
    }
}
