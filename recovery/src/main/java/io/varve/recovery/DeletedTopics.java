// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.batch.Batches;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.metadata.MetadataRecords;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.record.internal.Record;

/// Which topics were deleted: by intents in the trash, and by the history of the metadata, which is
/// read whole. Asked only when a shard knows a partition that no topic names.
final class DeletedTopics {
    private DeletedTopics() {}

    /// @throws io.varve.manifest.CorruptObjectException the history of the metadata is damaged
    static Set<Uuid> read(ObjectStore store, Optional<PartitionPlan> metadata)
            throws ObjectStoreException {
        Set<Uuid> deleted = new HashSet<>();
        for (ObjectInfo object : WholeObjects.list(store, BucketKeys.TRASH_PREFIX)) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Trash trash) {
                deleted.add(trash.topicId());
            }
        }
        if (metadata.isPresent()) {
            PartitionPlan plan = metadata.get();
            new PartitionContent(store, plan)
                    .read(
                            plan.logStart(),
                            batch -> {
                                if (!batch.isControl()) {
                                    for (Record record : Batches.records(batch.bytes()).records()) {
                                        take(deleted, record);
                                    }
                                }
                                return true;
                            });
        }
        return deleted;
    }

    private static void take(Set<Uuid> deleted, Record record) {
        if (record.hasValue()
                && MetadataRecords.deserialize(record.value()).message()
                        instanceof RemoveTopicRecord removed) {
            deleted.add(removed.topicId());
        }
    }
}
