// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.topic.TopicDocument;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicCopiesTest {
    @TempDir Path temporary;

    /// Found by the audit's rule that every topic in a checkpoint has its copy: a cluster that is
    /// lost between a topic's journal and its copy was restored from a checkpoint that no journal
    /// follows any more.
    @Test
    void aTopicWhoseCopyTheLostClusterDidNotWriteGetsItAfterTheRestore() throws Exception {
        ShardWorld world = new ShardWorld(temporary);
        PartitionId orders = world.tier.open("orders", 0);
        world.tier.append(orders, 4, 1_000);
        world.checkpoint();
        String copy = BucketKeys.topicJson("orders", orders.topicId());
        world.memory.delete(List.of(copy));
        ShardCheckpoint first = world.carriedOn(new ShardId(2, 3, 0));
        CheckpointStore.put(world.memory, first);

        world.with(RecordedHotTier.restored(first, world.clock)).settleStubbornly();

        assertThat(world.keys("topics/orders/")).contains(copy);
        assertThat(TopicDocument.read(world.memory, "orders", orders.topicId()))
                .hasValueSatisfying(topic -> assertThat(topic.topicName()).isEqualTo("orders"));
    }
}
