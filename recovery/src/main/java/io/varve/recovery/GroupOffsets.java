// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.state.BatchFacts;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.jspecify.annotations.Nullable;

/// What groups committed, read from the records of `__consumer_offsets` in the bucket: the newest
/// commit per group, topic and partition. Commits of a transaction count once it is committed.
///
/// Owner: the caller's thread.
final class GroupOffsets {
    /// Kafka's name of the topic.
    static final String TOPIC = "__consumer_offsets";

    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
    private final TreeMap<String, TreeMap<Place, Long>> committed = new TreeMap<>();
    private final TreeSet<String> groups = new TreeSet<>();
    private final Map<Long, List<CoordinatorRecord>> pending = new HashMap<>();

    private record Place(String topicName, int partition) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byTopic = topicName.compareTo(other.topicName);
            return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
        }
    }

    /// The restored end of a partition by topic name; empty when there will be no such partition.
    @FunctionalInterface
    interface Ends {
        Optional<Long> of(String topicName, int partition);
    }

    /// Reads one partition of the topic.
    ///
    /// @throws CorruptObjectException something of it is damaged
    void read(ObjectStore store, PartitionPlan partition) throws ObjectStoreException {
        pending.clear();
        new PartitionContent(store, partition)
                .read(
                        partition.logStart(),
                        batch -> {
                            take(batch);
                            return true;
                        });
    }

    private void take(BatchHeader batch) {
        BatchFacts facts = batch.facts();
        if (batch.isControl()) {
            List<CoordinatorRecord> decided = pending.remove(facts.producerId());
            if (decided != null && facts.kind() == BatchFacts.Kind.COMMIT_MARKER) {
                decided.forEach(this::apply);
            }
            return;
        }
        for (Record record : Batches.records(batch.bytes()).records()) {
            CoordinatorRecord decoded = decode(record);
            if (decoded == null) {
                continue;
            }
            if (facts.transactional()) {
                pending.computeIfAbsent(facts.producerId(), id -> new ArrayList<>()).add(decoded);
            } else {
                apply(decoded);
            }
        }
    }

    /// @return null for a kind of record that this version of Kafka's classes does not know
    private @Nullable CoordinatorRecord decode(Record record) {
        ByteBuffer key = record.key();
        if (key == null) {
            throw new CorruptObjectException(
                    "group record without a key: topic=" + TOPIC + ", offset=" + record.offset());
        }
        try {
            return serde.deserialize(key, record.value());
        } catch (Deserializer.UnknownRecordTypeException e) {
            return null;
        } catch (RuntimeException e) {
            throw new CorruptObjectException(
                    "group record cannot be read: topic=" + TOPIC + ", offset=" + record.offset(),
                    e);
        }
    }

    private void apply(CoordinatorRecord record) {
        switch (record.key()) {
            case OffsetCommitKey key -> {
                TreeMap<Place, Long> own =
                        committed.computeIfAbsent(key.group(), group -> new TreeMap<>());
                Place place = new Place(key.topic(), key.partition());
                if (record.value() == null) {
                    own.remove(place);
                } else {
                    own.put(place, ((OffsetCommitValue) record.value().message()).offset());
                }
            }
            case GroupMetadataKey key -> exists(key.group(), record.value() != null);
            case ConsumerGroupMetadataKey key -> exists(key.groupId(), record.value() != null);
            default -> {
                // members and assignments: they re-join
            }
        }
    }

    private void exists(String group, boolean now) {
        if (now) {
            groups.add(group);
        } else {
            groups.remove(group);
        }
    }

    /// Groups that exist or have offsets, each offset at most at the end of its partition. Offsets
    /// of partitions that will not exist are left out.
    List<GroupPlan> plans(Ends ends) {
        TreeSet<String> all = new TreeSet<>(groups);
        committed.forEach((group, own) -> {
            if (!own.isEmpty()) {
                all.add(group);
            }
        });
        List<GroupPlan> plans = new ArrayList<>();
        for (String group : all) {
            List<GroupPlan.CommittedOffset> offsets = new ArrayList<>();
            committed
                    .getOrDefault(group, new TreeMap<>())
                    .forEach((place, offset) ->
                            ends.of(place.topicName(), place.partition())
                                    .ifPresent(end ->
                                            offsets.add(
                                                    new GroupPlan.CommittedOffset(
                                                            place.topicName(),
                                                            place.partition(),
                                                            Math.min(offset, end),
                                                            offset))));
            plans.add(new GroupPlan(group, offsets));
        }
        return plans;
    }
}
