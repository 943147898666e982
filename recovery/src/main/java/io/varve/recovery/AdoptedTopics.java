// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.metadata.MetadataRecords;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.topic.TopicDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.image.TopicsImage;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/// Topics that shards know and the metadata does not: what they were, from their topic records, and
/// the metadata records that make them known again. Stateless.
final class AdoptedTopics {
    /// Stands in for a broker until the new controller writes its own id.
    private static final int ANY_BROKER = 0;

    private AdoptedTopics() {}

    /// What a partition's topic record says; without configs when it cannot be read.
    static TopicDocument document(PartitionPlan partition) {
        try {
            return TopicDocument.fromLine(partition.state().topicRecord());
        } catch (CorruptObjectException e) {
            return new TopicDocument(
                    partition.topicName(),
                    partition.id().topicId(),
                    partition.id().partition() + 1,
                    new TreeMap<>());
        }
    }

    /// The name under which a topic comes back: its own, or with its id behind it when another
    /// topic has that name now.
    static String freeName(TopicsImage topics, String name, Uuid id) {
        TopicImage other = topics.getTopic(name);
        return other == null || other.id().equals(id) ? name : name + "." + id;
    }

    /// Metadata records, serialized, to be put behind those of the image.
    ///
    /// @param known whether the metadata has the topic already and lacks partitions of it only
    /// @param shardOf number of the shard that a partition is on
    static List<byte[]> records(
            TopicsImage known, List<TopicPlan> adopted, ToIntFunction<PartitionPlan> shardOf) {
        List<byte[]> records = new ArrayList<>();
        for (TopicPlan topic : adopted) {
            TopicImage image = known.getTopic(topic.id());
            if (image == null) {
                add(records, new TopicRecord().setName(topic.name()).setTopicId(topic.id()));
                addConfigs(records, topic.name(), topic.configs());
            }
            for (PartitionPlan partition : topic.partitions()) {
                if (image == null || !image.partitions().containsKey(partition.id().partition())) {
                    add(records, partitionRecord(partition, shardOf.applyAsInt(partition)));
                }
            }
        }
        return records;
    }

    private static void addConfigs(
            List<byte[]> records, String topicName, SortedMap<String, String> configs) {
        for (Map.Entry<String, String> config : configs.entrySet()) {
            add(
                    records,
                    new ConfigRecord()
                            .setResourceType(ConfigResource.Type.TOPIC.id())
                            .setResourceName(topicName)
                            .setName(config.getKey())
                            .setValue(config.getValue()));
        }
    }

    private static PartitionRecord partitionRecord(PartitionPlan partition, int shard) {
        return new PartitionRecord()
                .setTopicId(partition.id().topicId())
                .setPartitionId(partition.id().partition())
                .setReplicas(List.of(ANY_BROKER))
                .setIsr(List.of(ANY_BROKER))
                .setLeader(ANY_BROKER)
                .setLeaderEpoch(0)
                .setPartitionEpoch(0)
                .setDirectories(List.of(ShardDirectories.of(shard)));
    }

    private static void add(List<byte[]> records, ApiMessage message) {
        records.add(
                MetadataRecords.serialize(
                        new ApiMessageAndVersion(message, message.highestSupportedVersion())));
    }
}
