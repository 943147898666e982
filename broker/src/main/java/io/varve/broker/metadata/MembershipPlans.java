// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardDirectories;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionChangeRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.UnregisterBrokerRecord;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.GroupVersion;
import org.apache.kafka.server.common.MetadataVersion;

/// Works out what a start of the controller writes, against one image: the cluster's feature
/// levels, this broker's registration, and, after a restore, partitions that name brokers or shards
/// which are no more. Stateless.
final class MembershipPlans {
    private MembershipPlans() {}

    /// Feature levels that a new cluster gets; nothing when it has them.
    static List<ApiMessageAndVersion> features(MetadataImage image) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        if (image.features().metadataVersion().isEmpty()) {
            records.add(feature(MetadataVersion.FEATURE_NAME, Records.VERSION.featureLevel()));
        }
        if (!image.features().finalizedVersions().containsKey(GroupVersion.FEATURE_NAME)) {
            records.add(feature(GroupVersion.FEATURE_NAME, GroupVersion.GV_1.featureLevel()));
        }
        return records;
    }

    private static ApiMessageAndVersion feature(String name, short level) {
        return Records.of(new FeatureLevelRecord().setName(name).setFeatureLevel(level));
    }

    /// This broker as it is now; nothing when the image says the same.
    ///
    /// @param nextOffset where the record will stand at the earliest: the new broker epoch
    static List<ApiMessageAndVersion> registration(
            MetadataImage image, BrokerIdentity broker, long nextOffset) {
        BrokerRegistration known = image.cluster().broker(broker.nodeId());
        if (known != null && known.incarnationId().equals(broker.incarnation())) {
            return List.of();
        }
        RegisterBrokerRecord record =
                new RegisterBrokerRecord()
                        .setBrokerId(broker.nodeId())
                        .setIncarnationId(broker.incarnation())
                        .setBrokerEpoch(nextOffset)
                        .setRack(broker.rack().orElse(null))
                        .setFenced(false);
        broker.advertised()
                .forEach(endpoint ->
                        record.endPoints()
                                .add(
                                        new RegisterBrokerRecord.BrokerEndpoint()
                                                .setName(endpoint.name())
                                                .setHost(endpoint.host())
                                                .setPort(endpoint.port())
                                                .setSecurityProtocol(endpoint.protocol().id)));
        return List.of(Records.of(record));
    }

    /// Brokers that are no members any more leave, and their replicas go to `heir`.
    ///
    /// @param members node ids that can exist; `heir` is one of them
    static List<ApiMessageAndVersion> withoutStrangers(
            MetadataImage image, Set<Integer> members, int heir) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        for (TopicImage topic : image.topics().topicsById().values()) {
            topic.partitions()
                    .forEach((number, partition) -> {
                        boolean stranger =
                                Arrays.stream(partition.replicas)
                                                .anyMatch(replica -> !members.contains(replica))
                                        || !members.contains(partition.leader);
                        if (stranger) {
                            records.add(inherited(topic.id(), number, partition, members, heir));
                        }
                    });
        }
        for (BrokerRegistration broker : image.cluster().brokers().values()) {
            if (!members.contains(broker.id())) {
                records.add(
                        Records.of(
                                new UnregisterBrokerRecord()
                                        .setBrokerId(broker.id())
                                        .setBrokerEpoch(broker.epoch())));
            }
        }
        return records;
    }

    private static ApiMessageAndVersion inherited(
            Uuid topic,
            int number,
            PartitionRegistration partition,
            Set<Integer> members,
            int heir) {
        List<Integer> replicas = new ArrayList<>();
        List<Uuid> directories = new ArrayList<>();
        for (int i = 0; i < partition.replicas.length; i++) {
            if (members.contains(partition.replicas[i])) {
                replicas.add(partition.replicas[i]);
                directories.add(partition.directories[i]);
            }
        }
        if (replicas.isEmpty()) {
            replicas.add(heir);
            directories.add(
                    partition.directories.length == 0 ? Uuid.ZERO_UUID : partition.directories[0]);
        }
        return Records.of(
                new PartitionChangeRecord()
                        .setTopicId(topic)
                        .setPartitionId(number)
                        .setReplicas(replicas)
                        .setIsr(replicas)
                        .setLeader(replicas.getFirst())
                        .setDirectories(directories));
    }

    /// Where a partition is open decides: the image follows a shard that carries it under another
    /// number, as after a restore into other shards.
    ///
    /// @param openIn shard by partition, of all shards
    static List<ApiMessageAndVersion> whereTheyAreOpen(
            MetadataImage image, Map<PartitionId, Integer> openIn) {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        openIn.forEach((id, shard) -> {
            PartitionRegistration partition =
                    image.topics().getPartition(id.topicId(), id.partition());
            if (partition != null && ClusterMetadata.shardOf(partition).orElse(-1) != shard) {
                records.add(
                        Records.of(
                                new PartitionChangeRecord()
                                        .setTopicId(id.topicId())
                                        .setPartitionId(id.partition())
                                        .setDirectories(
                                                Arrays.stream(partition.replicas)
                                                        .mapToObj(replica ->
                                                                ShardDirectories.of(shard))
                                                        .toList())));
            }
        });
        return records;
    }
}
