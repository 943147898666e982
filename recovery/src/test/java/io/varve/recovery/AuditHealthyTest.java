// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.generation.ClusterFiles;
import io.varve.objectstore.ObjectStore;
import io.varve.recovery.audit.Audit;
import io.varve.recovery.audit.AuditLevel;
import io.varve.recovery.audit.AuditOptions;
import io.varve.recovery.audit.AuditReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Nothing is found where nothing is wrong, at any level.
class AuditHealthyTest {
    private static void isHealthy(ObjectStore store) throws Exception {
        for (AuditLevel level : AuditLevel.values()) {
            AuditReport report = Audit.run(store, AuditOptions.of(level));
            assertThat(report.findings()).as(level.label()).isEmpty();
            assertThat(report.counts()).as(level.label()).isEmpty();
            assertThat(report.clusterId()).isEqualTo(BucketBuilder.CLUSTER);
            assertThat(report.objects()).isEqualTo(Restored.objects(store).size());
            assertThat(report.bytes())
                    .isEqualTo(
                            Restored.objects(store).values().stream()
                                    .mapToLong(hex -> hex.length() / 2)
                                    .sum());
            assertThat(report.requests()).isPositive();
        }
    }

    @Test
    void aClusterThatLived() throws Exception {
        isHealthy(AuditedBuckets.lived(1).store);
    }

    @Test
    void aClusterThatOnlyFounded() throws Exception {
        ManualClock clock = new ManualClock();
        var store = new io.varve.objectstore.memory.MemoryObjectStore(clock);
        new BucketBuilder(store, clock, new java.util.Random(1)).found(2);
        isHealthy(store);
    }

    @Test
    void aRestoredClusterBeforeAndAfterItIsOpened() throws Exception {
        LivedCluster lived = AuditedBuckets.lived(2);
        AuditedBuckets.restore(lived);
        isHealthy(lived.store);
        isHealthy(AuditedBuckets.restored(3).store);
    }

    @Test
    void aRestoredClusterThatMadeAnotherShard() throws Exception {
        LivedCluster lived = AuditedBuckets.restored(6);
        lived.cluster.shards.put(
                3, new BucketBuilder.Shard(new io.varve.manifest.ShardId(2, 3, 0)));
        lived.cluster.createTopic("wide", 3, Map.of());
        lived.cluster.append("wide", 2, 4);
        lived.cluster.journalAll();
        lived.cluster.append("wide", 2, 4);
        lived.cluster.journalAll();
        isHealthy(lived.store);
    }

    @Test
    void aClusterRestoredTwiceWithOffsetsLeftOut() throws Exception {
        LivedCluster lived = AuditedBuckets.lived(4);
        for (int generation = 2; generation <= 3; generation++) {
            new RecoveryRun(
                            lived.store,
                            RecoveryOptions.careful("r" + generation)
                                    .withForce()
                                    .withOffsetGap(100),
                            lived.clock,
                            step -> {})
                    .run();
            lived.cluster.openRestored(ClusterFiles.cut(lived.store, generation).orElseThrow());
            lived.cluster.append("orders", 0, 4);
            lived.cluster.append("orders", 1, 4);
            lived.cluster.journalAll();
            isHealthy(lived.store);
        }
    }

    @Test
    void aManifestWithPagesAlsoAfterARestore() throws Exception {
        BucketBuilder cluster = AuditedBuckets.paged(340);
        isHealthy(cluster.store);
        new RecoveryRun(
                        cluster.store,
                        RecoveryOptions.careful("t").withForce(),
                        cluster.clock,
                        step -> {})
                .run();
        isHealthy(cluster.store);
        cluster.openRestored(ClusterFiles.cut(cluster.store, 2).orElseThrow());
        cluster.append("orders", 0, 2);
        cluster.journalAll();
        cluster.segment(cluster.id("orders", 0));
        isHealthy(cluster.store);
    }

    @Test
    void aDeletedTopicAndAMovedLogStart() throws Exception {
        LivedCluster lived = AuditedBuckets.lived(5);
        BucketBuilder cluster = lived.cluster;
        cluster.createTopic("passing", 2, Map.of());
        cluster.append("passing", 0, 3);
        cluster.journalAll();
        cluster.segment(cluster.id("passing", 0));
        AuditedBuckets.writeCopies(cluster);
        cluster.removeTopicInMetadata("passing");
        cluster.closePartitions("passing");
        cluster.moveLogStart("orders", 0, 7);
        cluster.journalAll();
        isHealthy(lived.store);
        cluster.append("orders", 0, 2);
        cluster.journalAll();
        cluster.segment(cluster.id("orders", 0));
        isHealthy(lived.store);
        lived.clock.pass(Duration.ofDays(30));
        isHealthy(lived.store);
    }

    /// Found by the broker's ShardSimulationTest: who collects what is doomed looks at open
    /// partitions only, and of a deleted topic everything goes at once, days later.
    @Test
    void whatWasDoomedInADeletedTopicIsNotOverdue() throws Exception {
        BucketBuilder cluster = AuditedBuckets.small(Map.of());
        cluster.moveLogStart("short", 0, 3);
        cluster.append("short", 0, 1);
        cluster.journalAll();
        cluster.segment(cluster.id("short", 0));
        cluster.removeTopicInMetadata("short");
        cluster.closePartitions("short");
        cluster.journalAll();
        for (int shard : List.copyOf(cluster.shards.keySet())) {
            cluster.checkpoint(shard);
        }
        cluster.clock.pass(Duration.ofHours(30));
        cluster.sayAlive();
        isHealthy(cluster.store);
    }
}
