// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.bucket.BucketUsage.Kind;
import io.varve.cli.bucket.BucketUsage.TopicUse;
import io.varve.cli.bucket.BucketUsage.Use;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.key.BucketKeys;
import io.varve.objectstore.ObjectInfo;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

final class BucketUsageTest {
    private static final Uuid ID = new Uuid(1, 2);
    private static final PartitionId ORDERS = new PartitionId(ID, 0);

    private final TreeMap<String, Long> objects = new TreeMap<>();

    private BucketUsage usage(int topicsMax) {
        BucketUsage usage = new BucketUsage(topicsMax);
        objects.forEach((key, bytes) -> usage.add(new ObjectInfo(key, bytes, Instant.EPOCH)));
        return usage;
    }

    private void segment(String topic, long bytes) {
        objects.put(BucketKeys.segment(topic, ORDERS, bytes, bytes + 1, 1, 1, 7), bytes);
    }

    @Test
    void eachObjectIsOfOneKind() {
        segment("orders", 100);
        objects.put(BucketKeys.manifest("orders", ORDERS, 1, 3), 10L);
        objects.put(BucketKeys.page("orders", ORDERS, 0, 9, 5), 20L);
        objects.put(BucketKeys.topicJson("orders", ID), 1L);
        objects.put(BucketKeys.journal(new ShardId(1, 0, 0), 4), 1_000L);
        objects.put(BucketKeys.rollUp(new ShardId(1, 0, 0), 4, 8), 500L);
        objects.put(BucketKeys.checkpoint(new ShardId(1, 0, 0), 8), 50L);
        objects.put(BucketKeys.varveJson(), 2L);
        objects.put("somebody/else", 9L);

        BucketUsage usage = usage(10);

        assertThat(usage.all()).isEqualTo(new Use(9, 1_692));
        assertThat(usage.kinds())
                .containsEntry(Kind.segments, new Use(1, 100))
                .containsEntry(Kind.manifests, new Use(1, 10))
                .containsEntry(Kind.pages, new Use(1, 20))
                .containsEntry(Kind.journals, new Use(1, 1_000))
                .containsEntry(Kind.rollUps, new Use(1, 500))
                .containsEntry(Kind.checkpoints, new Use(1, 50))
                .containsEntry(Kind.documents, new Use(2, 3))
                .containsEntry(Kind.foreign, new Use(1, 9))
                .containsEntry(Kind.audits, Use.NONE);
        assertThat(usage.topics()).containsExactly(new TopicUse("orders", 4, 131));
    }

    @Test
    void theLargestTopicsAreKeptAndTheRestIsSummed() {
        for (int topic = 1; topic <= 20; topic++) {
            segment("t" + topic, topic * 10L);
            segment("t" + topic, topic * 10L + 1);
        }

        BucketUsage usage = usage(3);

        assertThat(usage.topics())
                .containsExactly(
                        new TopicUse("t20", 2, 401),
                        new TopicUse("t19", 2, 381),
                        new TopicUse("t18", 2, 361));
        assertThat(usage.otherTopicCount()).isEqualTo(17);
        assertThat(usage.otherTopics().objects()).isEqualTo(34);
        assertThat(usage.otherTopics().bytes() + 401 + 381 + 361).isEqualTo(usage.all().bytes());
        BucketUsage none = usage(0);
        assertThat(none.topics()).isEmpty();
        assertThat(none.otherTopicCount()).isEqualTo(20);
    }

    @Test
    void doomedObjectsAreThoseOfTheNewestCheckpointsOfTheNewestGeneration() {
        for (long index : new long[] {5, 9, 100}) {
            objects.put(BucketKeys.checkpoint(new ShardId(1, 0, 0), index), 1L);
            objects.put(BucketKeys.checkpoint(new ShardId(2, 0, 0), index + 1), 1L);
            objects.put(BucketKeys.checkpoint(new ShardId(2, 1, 0), index + 2), 1L);
        }

        assertThat(usage(1).newestCheckpoints())
                .isEqualTo(Map.of(new ShardId(2, 0, 0), 101L, new ShardId(2, 1, 0), 102L));
    }
}
