// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.manifest.PartitionId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// With real threads: flush and checkpoint come through, status is told, close ends everything.
class ShardArchiverTest {
    @TempDir Path temporary;

    @Test
    void archivesOnItsOwnThreadsUntilItIsClosed() throws Exception {
        ManualClock clock = new ManualClock();
        MemoryObjectStore store = new MemoryObjectStore(clock);
        RecordedHotTier tier = new RecordedHotTier(clock);
        PartitionId orders = tier.open("orders", 0);
        tier.append(orders, 7, 100);
        ArchiveContext context =
                new ArchiveContext(
                        store,
                        "cluster-1",
                        "test",
                        temporary,
                        ArchiveSettings.defaults(),
                        clock,
                        new SplittableRandom(3));
        Policy policy =
                new Policy(OptionalLong.empty(), OptionalLong.empty(), 1 << 20, 1_000, false, true);
        ShardArchiver archiver =
                new ShardArchiver(context, tier.leader(), id -> policy, StepLoop.waiting());

        var flushed = archiver.flush(tier.endIndex());
        archiver.start(Thread.ofVirtual().factory());

        assertThat(flushed.get(30, TimeUnit.SECONDS).journaledEnds()).containsEntry(orders, 7L);
        assertThat(archiver.checkpointNow().get(30, TimeUnit.SECONDS)).isEqualTo(2L);
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> archiver.status().lastCheckpointAtMs() > 0);
        ShardArchiver.ArchiveStatus status = archiver.status();
        assertThat(status.open()).isTrue();
        assertThat(status.lagMs()).isZero();
        assertThat(status.partitions().getFirst().journaledEnd()).isEqualTo(7);
        assertThat(status.jobs()).extracting(JobStatus::name).contains("journaler", "segmenter");

        archiver.close();
        archiver.close();
        assertThat(archiver.flush(tier.endIndex() + 1)).isCompletedExceptionally();
    }

    @Test
    void journalsGoThroughTheirOwnStoreAndWhatIsStoredIsKnown() throws Exception {
        ManualClock clock = new ManualClock();
        MemoryObjectStore bucket = new MemoryObjectStore(clock);
        CountingObjectStore urgent = new CountingObjectStore(bucket);
        CountingObjectStore other = new CountingObjectStore(bucket);
        RecordedHotTier tier = new RecordedHotTier(clock);
        PartitionId orders = tier.open("orders", 0);
        tier.append(orders, 7, 100);
        ArchiveContext context =
                new ArchiveContext(
                        other,
                        urgent,
                        "cluster-1",
                        "test",
                        temporary,
                        ArchiveSettings.defaults(),
                        clock,
                        new SplittableRandom(3));
        Policy policy =
                new Policy(OptionalLong.empty(), OptionalLong.empty(), 1 << 20, 1_000, false, true);
        try (ShardArchiver archiver =
                new ShardArchiver(context, tier.leader(), id -> policy, StepLoop.waiting())) {
            assertThat(archiver.storedBytes()).isZero();
            archiver.start(Thread.ofVirtual().factory());
            archiver.flush(tier.endIndex()).get(30, TimeUnit.SECONDS);
            assertThat(urgent.counts().of(StoreOperation.PUT).requests()).isEqualTo(1);
            assertThat(archiver.storedBytes())
                    .isEqualTo(bytesOf(bucket, Set.of(ObjectName.Journal.class)));

            archiver.archiveNow(List.of(orders));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> archiver.status().partitions().getFirst().archivedEnd() == 7);
            assertThat(archiver.storedBytes())
                    .isEqualTo(
                            bytesOf(
                                    bucket,
                                    Set.of(ObjectName.Journal.class, ObjectName.Segment.class)));
        }
        assertThat(urgent.counts().of(StoreOperation.PUT).requests())
                .as("segments and manifests are not urgent")
                .isEqualTo(1);
        assertThat(other.counts().of(StoreOperation.PUT).requests()).isGreaterThan(1);
    }

    private static long bytesOf(MemoryObjectStore bucket, Set<Class<? extends ObjectName>> kinds)
            throws ObjectStoreException {
        return bucket.list("", "", 1_000).stream()
                .filter(object -> kinds.contains(BucketKeys.parse(object.key()).getClass()))
                .mapToLong(ObjectInfo::bytes)
                .sum();
    }

    @Test
    void tellsItsLagBeforeTheBucketAnswered() {
        ManualClock clock = new ManualClock();
        RecordedHotTier tier = new RecordedHotTier(clock);
        PartitionId orders = tier.open("orders", 0);
        tier.append(orders, 7, 100);
        clock.advanceMs(9_000);
        ShardArchiver archiver =
                new ShardArchiver(
                        new ArchiveContext(
                                new MemoryObjectStore(clock),
                                "cluster-1",
                                "test",
                                temporary,
                                ArchiveSettings.defaults(),
                                clock,
                                new SplittableRandom(3)),
                        tier.leader(),
                        id -> {
                            throw new AssertionError("not asked");
                        },
                        StepLoop.waiting());

        assertThat(archiver.status().open()).isFalse();
        assertThat(archiver.status().lagMs()).isEqualTo(9_000);
        var waiting = archiver.flush(1);
        archiver.close();
        assertThat(waiting).isCompletedExceptionally();
    }
}
