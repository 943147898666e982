// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Random;

/// Healthy buckets for audits, as brokers and restores leave them. Stateless.
final class AuditedBuckets {
    private AuditedBuckets() {}

    /// A cluster that lived and whose brokers are gone.
    static LivedCluster lived(long seed) throws IOException {
        LivedCluster lived = new LivedCluster(seed);
        writeCopies(lived.cluster);
        return lived;
    }

    /// As brokers do before they write a checkpoint.
    static void writeCopies(BucketBuilder cluster) throws IOException {
        for (TopicDocument topic : cluster.topics.values()) {
            topic.write(cluster.store);
        }
    }

    /// Restored once, with an open transaction, and opened again by brokers that wrote on.
    static LivedCluster restored(long seed) throws Exception {
        LivedCluster lived = lived(seed);
        BucketBuilder cluster = lived.cluster;
        cluster.appendTransactional("users", 0, 2, 91, 0);
        cluster.journalAll();
        restore(lived);
        cluster.openRestored(ClusterFiles.cut(lived.store, 2).orElseThrow());
        for (int i = 0; i < 3; i++) {
            cluster.append("orders", i, 4);
            cluster.append("users", 0, 1);
            cluster.commitOffset("readers", "orders", 0, 20 + i);
            cluster.journalAll();
            cluster.segment(cluster.id("orders", 0));
            if (i == 1) {
                cluster.checkpoint(0);
                cluster.checkpoint(1);
            }
        }
        return lived;
    }

    static void restore(LivedCluster lived) throws Exception {
        new RecoveryRun(
                        lived.store,
                        RecoveryOptions.careful("first").withForce(),
                        lived.clock,
                        step -> {})
                .run();
    }

    /// One topic, `short`, with two segments.
    static BucketBuilder small(Map<String, String> configs) throws IOException {
        ManualClock clock = new ManualClock();
        MemoryObjectStore store = new MemoryObjectStore(clock);
        BucketBuilder cluster = new BucketBuilder(store, clock, new Random(5)).found(1);
        cluster.createTopic("short", 1, configs);
        for (int i = 0; i < 2; i++) {
            cluster.append("short", 0, 3);
            cluster.journalAll();
            cluster.segment(cluster.id("short", 0));
        }
        cluster.checkpoint(0);
        cluster.checkpoint(1);
        writeCopies(cluster);
        return cluster;
    }

    /// The oldest segment of partition 0.
    static String firstSegment(BucketBuilder cluster, String topic) throws IOException {
        PartitionId id = cluster.id(topic, 0);
        return ManifestStore.newest(cluster.store, topic, id, cluster.generation)
                .orElseThrow()
                .entries()
                .getFirst()
                .key(topic, id);
    }

    /// One partition with so many segments that its manifest has pages.
    static BucketBuilder paged(int segments) throws IOException {
        ManualClock clock = new ManualClock();
        MemoryObjectStore store = new MemoryObjectStore(clock);
        BucketBuilder cluster = new BucketBuilder(store, clock, new Random(4));
        cluster.found(1);
        cluster.createTopic("orders", 1, Map.of());
        for (int i = 0; i < segments; i++) {
            cluster.append("orders", 0, 1);
            cluster.journalAll();
            cluster.segment(cluster.id("orders", 0));
        }
        cluster.append("orders", 0, 3);
        cluster.checkpoint(1);
        writeCopies(cluster);
        clock.pass(Duration.ofMinutes(5));
        return cluster;
    }
}
