// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/// Compares plans and buckets with what a test knows to be true.
final class Restored {
    private Restored() {}

    /// Topics, configs, ends and every byte of every partition are those that were journaled.
    static void matches(ObjectStore store, RecoveryPlan plan, BucketBuilder truth)
            throws ObjectStoreException {
        assertThat(plan.lost()).isEmpty();
        assertThat(plan.topics().stream().map(TopicPlan::name).toList())
                .containsExactlyElementsOf(truth.topics.keySet());
        for (TopicPlan topic : plan.topics()) {
            assertThat(topic.configs()).isEqualTo(truth.topic(topic.name()).configs());
            assertThat(topic.partitions()).hasSize(truth.topic(topic.name()).partitions());
            for (PartitionPlan partition : topic.partitions()) {
                PartitionId id = partition.id();
                assertThat(partition.endOffset())
                        .as("end of %s", id)
                        .isEqualTo(truth.journaledEnds.getOrDefault(id, 0L));
                assertThat(partition.logStart())
                        .as("start of %s", id)
                        .isEqualTo(truth.journaledStarts.getOrDefault(id, 0L));
                assertThat(content(store, partition))
                        .as("bytes of %s", id)
                        .isEqualTo(hex(truth.survivors(id)));
            }
        }
    }

    static List<String> content(ObjectStore store, PartitionPlan partition)
            throws ObjectStoreException {
        List<byte[]> batches = new ArrayList<>();
        new PartitionContent(store, partition)
                .read(
                        partition.logStart(),
                        batch -> {
                            byte[] bytes = new byte[batch.sizeInBytes()];
                            batch.bytes().get(bytes);
                            batches.add(bytes);
                            return true;
                        });
        return hex(batches);
    }

    private static List<String> hex(List<byte[]> batches) {
        return batches.stream().map(HexFormat.of()::formatHex).toList();
    }

    /// All objects with their bytes, but for times.
    static TreeMap<String, String> objects(ObjectStore store) throws ObjectStoreException {
        TreeMap<String, String> objects = new TreeMap<>();
        for (ObjectInfo object : WholeObjects.list(store, "")) {
            objects.put(
                    object.key(), HexFormat.of().formatHex(WholeObjects.read(store, object.key())));
        }
        return objects;
    }
}
