// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.metadata.ShardRow.Replica;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.junit.jupiter.api.Test;

/// Shards as rows of Kafka's metadata.
class ShardTableTest {
    private static final Replica ONE = new Replica(1, new Uuid(1, 1));
    private static final Replica TWO = new Replica(2, new Uuid(2, -7));

    @Test
    void rowsComeBackFromTheImageAndFromItsOwnRecords() {
        ShardRow led = ShardRow.born(3, 2, List.of(TWO, ONE)).withLeader(1, 7, List.of(1));
        ShardRow born = ShardRow.born(1, 0, List.of(ONE));
        MetadataFold fold = MetadataFold.empty();
        fold.replay(
                MetadataRecords.batch(List.of(ShardTable.record(led), ShardTable.record(born)), 1));

        ShardTable table = ShardTable.of(fold.image().configs());
        ShardTable again = ShardTable.of(MetadataFold.from(fold.records()).image().configs());

        assertThat(table.rows()).containsOnlyKeys(1, 3);
        assertThat(table.row(3)).contains(led);
        assertThat(table.row(1)).contains(born);
        assertThat(table.nextNumber()).isEqualTo(4);
        assertThat(again).isEqualTo(table);
    }

    @Test
    void aNewerRowReplacesTheOlderWhole() {
        ShardRow row = ShardRow.born(1, 0, List.of(ONE, TWO));
        MetadataFold fold = MetadataFold.empty();
        fold.replay(MetadataRecords.batch(List.of(ShardTable.record(row)), 1));
        fold.replay(
                MetadataRecords.batch(
                        List.of(ShardTable.record(row.withLeader(2, 5, List.of(2)))), 2));

        ShardRow now = ShardTable.of(fold.image().configs()).row(1).orElseThrow();

        assertThat(now.knownLeader()).hasValue(2);
        assertThat(now.led()).isTrue();
        assertThat(now.isr()).containsExactly(2);
    }

    @Test
    void whoLeavesIsNotInSyncAnyMore() {
        ShardRow row = ShardRow.born(1, 0, List.of(ONE, TWO)).withLeader(1, 5, List.of(1, 2));

        assertThat(row.withReplicas(List.of(ONE)).isr()).containsExactly(1);
    }

    @Test
    void onlyRowsAreRows() {
        assertThat(
                        ShardTable.isRow(
                                (ConfigRecord)
                                        ShardTable.record(ShardRow.born(1, 0, List.of(ONE)))
                                                .message()))
                .isTrue();
        assertThat(
                        ShardTable.isRow(
                                new ConfigRecord()
                                        .setResourceType((byte) 2)
                                        .setResourceName("shard-1")))
                .isFalse();
    }

    @Test
    void aLineThatIsNoRowIsNamed() {
        assertThatThrownBy(() -> ShardRow.fromLine(1, "incarnation=0 replicas=1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("incarnation=0 replicas=1");
    }
}
