// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.objectstore.ObjectKeys;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

final class BucketKeysTest {
    private static final Uuid TOPIC = Uuid.fromString("-ZY2vY8sTBiCWqX3ZxQWDg");
    private static final PartitionId PARTITION = new PartitionId(TOPIC, 12);
    private static final ShardId SHARD = new ShardId(3, 1, 2);

    @Test
    void keysAreWhatTheFormatSays() {
        assertThat(
                        List.of(
                                BucketKeys.varveJson(),
                                BucketKeys.claim(3),
                                BucketKeys.cut(3),
                                BucketKeys.alive(3, "1-af03"),
                                BucketKeys.journal(SHARD, 4_711),
                                BucketKeys.rollUp(SHARD, 5, 4_711),
                                BucketKeys.checkpoint(SHARD, 4_711),
                                BucketKeys.topicJson("a.b_c-d", TOPIC),
                                BucketKeys.segment("orders", PARTITION, 0, 1_000, 3, 7, 0xabcdefL),
                                BucketKeys.page("orders", PARTITION, 0, 1_000, -1L),
                                BucketKeys.manifest("orders", PARTITION, 3, 7),
                                BucketKeys.restorePoint(99, "before-upgrade"),
                                BucketKeys.holds("rehearsal"),
                                BucketKeys.trash(TOPIC)))
                .containsExactly(
                        "varve.json",
                        "generations/00000003.json",
                        "generations/00000003.cut.json",
                        "generations/00000003/alive/1-af03",
                        "shards/3/1-2/journal/00000000000000004711",
                        "shards/3/1-2/roll-up/00000000000000000005-00000000000000004711",
                        "shards/3/1-2/checkpoint/00000000000000004711",
                        "topics/a.b_c-d/-ZY2vY8sTBiCWqX3ZxQWDg/topic.json",
                        "topics/orders/-ZY2vY8sTBiCWqX3ZxQWDg/12/segments/"
                                + "00000000000000000000-00000000000000001000-3-7-0000000000abcdef",
                        "topics/orders/-ZY2vY8sTBiCWqX3ZxQWDg/12/pages/"
                                + "00000000000000000000-00000000000000001000-ffffffffffffffff",
                        "topics/orders/-ZY2vY8sTBiCWqX3ZxQWDg/12/manifest/00000003/00000000000000000007",
                        "restore-points/99-before-upgrade.json",
                        "holds/rehearsal.json",
                        "trash/-ZY2vY8sTBiCWqX3ZxQWDg.json");
    }

    @Test
    void parsingIsTheInverseOfBuilding() {
        for (ObjectName name :
                List.of(
                        new ObjectName.Identity(),
                        new ObjectName.Claim(1),
                        new ObjectName.CutOf(99_999_999),
                        new ObjectName.Alive(2, "3-00ff"),
                        new ObjectName.Journal(SHARD, Long.MAX_VALUE),
                        new ObjectName.RollUp(SHARD, 0, 1),
                        new ObjectName.Checkpoint(SHARD, 0),
                        new ObjectName.TopicJson("t".repeat(249), TOPIC),
                        new ObjectName.Segment(
                                "orders", PARTITION, 5, Long.MAX_VALUE, 3, 1, Long.MIN_VALUE),
                        new ObjectName.Page("orders", PARTITION, 5, 6, 77),
                        new ObjectName.Manifest("orders", PARTITION, 3, 1),
                        new ObjectName.RestorePoint(12, "a-b"),
                        new ObjectName.Hold("x"),
                        new ObjectName.Trash(TOPIC),
                        new ObjectName.AuditFile("20260101T000000Z", "objects.parquet"))) {
            assertThat(BucketKeys.parse(name.key())).isEqualTo(name);
            assertThat(ObjectKeys.check(name.key())).isEqualTo(name.key());
        }
    }

    @Test
    void whatOurBuildersWouldNotMakeIsUnknown() {
        for (String key :
                List.of(
                        "x",
                        "varve.json/x",
                        "generations/3.json",
                        "generations/00000003.json.json",
                        "generations/.cut.json",
                        "shards/3/1-2/journal/4711",
                        "shards/3/1-2/journal/+0000000000000004711",
                        "shards/0/1-2/journal/00000000000000004711",
                        "shards/3/1/journal/00000000000000004711",
                        "shards/3/1-2/other/00000000000000004711",
                        "topics/orders/not-an-id/topic.json",
                        "topics/orders/-ZY2vY8sTBiCWqX3ZxQWDg/-1/segments/x",
                        "topics/orders/-ZY2vY8sTBiCWqX3ZxQWDg/12/manifest/00000003/00000000000000000007/x",
                        "topics/orders/-ZY2vY8sTBiCWqX3ZxQWDg/12/segments/"
                                + "00000000000000000000-00000000000000001000-3-7-0000000000ABCDEF",
                        "restore-points/99.json",
                        "holds/.json",
                        "trash/x.json")) {
            assertThat(BucketKeys.parse(key)).isEqualTo(new ObjectName.Unknown(key));
        }
    }

    @Test
    void listingOrderIsNumericOrder() {
        assertThat(BucketKeys.journal(SHARD, 9)).isLessThan(BucketKeys.journal(SHARD, 10));
        assertThat(BucketKeys.manifest("orders", PARTITION, 9, 500))
                .isLessThan(BucketKeys.manifest("orders", PARTITION, 10, 1));
        assertThatThrownBy(() -> BucketKeys.journal(SHARD, -1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
