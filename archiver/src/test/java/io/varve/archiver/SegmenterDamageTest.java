// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What can go wrong between a partition's batches and its segment object.
class SegmenterDamageTest {
    private static final long HOUR_MS = 3_600_000;

    @TempDir Path temporary;

    /// Found by the simulation: the segmenter tried to put the same broken file for ever, and no
    /// partition got a segment any more.
    @Test
    void aTemporaryFileThatIsGoneIsWrittenAgain() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 100);
        world.journal();
        world.jobs.open().segmenter().ask(List.of(orders));
        boolean damaged = false;
        for (int i = 0; i < 200 && !damaged; i++) {
            world.jobs.open().segmenter().step();
            try (Stream<Path> files = Files.walk(temporary)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    if (Files.size(file) > 500) {
                        Files.write(file, new byte[3]);
                        damaged = true;
                    }
                }
            }
        }
        assertThat(damaged).isTrue();

        world.passMs(HOUR_MS);
        world.passMs(HOUR_MS);
        world.segment(orders);

        assertThat(world.manifest(orders).orElseThrow().archivedEnd()).isEqualTo(4);
        world.assertBucketHoldsEverything();
    }

    /// Found by the simulation: with little room left in a segment, each batch of a journal was
    /// asked for by a few bytes at a time.
    @Test
    void theEndOfASegmentIsReadFromAJournalInFewRequests() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        for (int i = 0; i < 40; i++) {
            world.tier.append(orders, 1, 3_000);
        }
        world.policy =
                new ArchivePolicies.Policy(
                        java.util.OptionalLong.empty(),
                        java.util.OptionalLong.empty(),
                        30_000,
                        HOUR_MS,
                        false,
                        true);
        world.journal();
        world.tier.freeBelow(orders, world.tier.ledgers.get(orders).highWatermark());
        world.store.operations.clear();

        world.segment(orders);

        assertThat(world.manifest(orders).orElseThrow().archivedEnd()).isEqualTo(40);
        long reads =
                world.store.operations.stream()
                        .filter(operation ->
                                operation.startsWith("get ") && operation.contains("/journal/"))
                        .count();
        long segments = world.manifest(orders).orElseThrow().segments();
        assertThat(reads).isLessThanOrEqualTo(3 * segments + 4);
        world.assertBucketHoldsEverything();
    }
}
