// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.ManifestChange;
import io.varve.manifest.partition.ManifestCodec;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A partition of so many segments that its manifest moves rows to pages.
class PagedManifestTest {
    private static final int BATCHES = 340;
    private static final long HOUR_MS = 3_600_000;

    @TempDir Path temporary;
    private ShardWorld world;
    private PartitionId orders;

    @BeforeEach
    void archiveOneSegmentPerBatch() {
        world = new ShardWorld(temporary);
        world.policy =
                new Policy(
                        OptionalLong.empty(), OptionalLong.empty(), 1, 10 * HOUR_MS, false, true);
        orders = world.tier.open("orders", 0);
        for (int i = 0; i < BATCHES; i++) {
            world.tier.append(orders, 2, 20);
        }
        world.segment(orders);
        world.settleStubbornly();
    }

    private PartitionManifest manifest() throws Exception {
        return world.manifest(orders).orElseThrow();
    }

    private List<String> segmentsThere() {
        return world.keys(BucketKeys.segmentPrefix("orders", orders));
    }

    private List<String> segmentsNamed() throws Exception {
        return world.all(manifest()).stream().map(entry -> entry.key("orders", orders)).toList();
    }

    @Test
    void oldRowsMoveToAPageAndEverythingIsReadable() throws Exception {
        assertThat(manifest().segments()).isEqualTo(BATCHES);
        assertThat(manifest().pages()).isNotEmpty();
        assertThat(ManifestCodec.encode(manifest()).length)
                .isLessThanOrEqualTo(ManifestChange.BYTES_MAX);
        world.assertBucketHoldsEverything();
        world.passMs(30 * HOUR_MS); // graces and an orphan scan
        world.assertBucketHoldsEverything();
        assertThat(segmentsThere()).containsExactlyElementsOf(segmentsNamed());
    }

    @Test
    void retentionWithinAPageRewritesItAndTheObjectsBelowGo() throws Exception {
        PageRef old = manifest().pages().getFirst();
        world.leader.moveLogStart(orders, 101);
        world.passMs(HOUR_MS / 2);

        assertThat(manifest().logStart()).isEqualTo(101);
        assertThat(manifest().pages()).hasSize(1).doesNotContain(old);
        assertThat(manifest().segments()).isEqualTo(BATCHES - 50);
        assertThat(segmentsThere()).as("the grace is not over").hasSize(BATCHES);

        for (int hour = 0; hour < 4; hour++) {
            world.passMs(HOUR_MS);
        }
        assertThat(segmentsThere()).containsExactlyElementsOf(segmentsNamed());
        assertThat(world.keys(BucketKeys.pagePrefix("orders", orders)))
                .containsExactly(manifest().pages().getFirst().key("orders", orders));
        world.assertBucketHoldsEverything();
    }

    @Test
    void aPageThatGoesTakesItsSegmentsWithItAlsoAcrossLeaders() throws Exception {
        long end = manifest().pages().getLast().endOffset();
        int left = BATCHES - (int) (end + 4) / 2;
        world.leader.moveLogStart(orders, end + 4);
        world.passMs(HOUR_MS / 2);
        assertThat(manifest().pages()).isEmpty();
        assertThat(manifest().doomedPages()).isNotEmpty();

        world.clock.advanceMs(2 * HOUR_MS);
        world.store.failAt(6, true);
        world.settle();
        world.failOver();
        for (int hour = 0; hour < 4; hour++) {
            world.passMs(HOUR_MS);
        }

        assertThat(segmentsThere()).hasSize(left).containsExactlyElementsOf(segmentsNamed());
        assertThat(world.keys(BucketKeys.pagePrefix("orders", orders))).isEmpty();
        assertThat(manifest().doomedPages()).isEmpty();
        world.assertBucketHoldsEverything();
    }

    @Test
    void retentionByBytesReadsOnePageAtMost() throws Exception {
        world.policy =
                new Policy(
                        OptionalLong.empty(),
                        OptionalLong.of(manifest().bytes() / 2),
                        1,
                        10 * HOUR_MS,
                        false,
                        true);
        int before = world.store.operations.size();

        world.passMs(HOUR_MS / 2);

        assertThat(manifest().logStart()).isEqualTo(BATCHES / 2 * 2);
        assertThat(
                        world
                                .store
                                .operations
                                .subList(before, world.store.operations.size())
                                .stream()
                                .filter(operation ->
                                        operation.startsWith("get ")
                                                && operation.contains("/pages/")))
                .hasSizeLessThanOrEqualTo(2);
        world.assertBucketHoldsEverything();
    }

    @Test
    void oldManifestVersionsGoWithoutARowEach() throws Exception {
        assertThat(manifest().version()).isGreaterThan(BATCHES);
        assertThat(manifest().doomed()).hasSizeLessThan(12);

        for (int hour = 0; hour < 4; hour++) {
            world.passMs(HOUR_MS);
        }
        world.tier.append(orders, 2, 20);
        world.segment(orders);
        for (int hour = 0; hour < 4; hour++) {
            world.passMs(HOUR_MS);
        }
        assertThat(world.keys(BucketKeys.manifestPrefix("orders", orders))).hasSizeLessThan(5);
        world.assertBucketHoldsEverything();
    }
}
