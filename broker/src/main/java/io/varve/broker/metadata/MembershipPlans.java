// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardDirectories;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.metadata.BrokerRegistrationChangeRecord;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionChangeRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.BrokerRegistrationFencingChange;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.GroupVersion;
import org.apache.kafka.server.common.MetadataVersion;

/// Works out what brokers that come and go write, against one image: the cluster's feature levels,
/// registrations, fences; and, after a restore, partitions that name other shards. Stateless.
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

    /// A broker as it is now; nothing when the image says the same. It is fenced until it says that
    /// it has applied this.
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
                        .setLogDirs(List.of(broker.peerBits()))
                        .setFenced(true);
        record.endPoints()
                .add(
                        new RegisterBrokerRecord.BrokerEndpoint()
                                .setName(BrokerIdentity.RAFT_LISTENER)
                                .setHost(broker.raft().host())
                                .setPort(broker.raft().port())
                                .setSecurityProtocol(SecurityProtocol.PLAINTEXT.id));
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

    /// A registered broker leaves the brokers that clients are told of, or comes back to them.
    static List<ApiMessageAndVersion> fence(BrokerRegistration broker, boolean fenced) {
        return broker.fenced() == fenced
                ? List.of()
                : List.of(
                        Records.of(
                                new BrokerRegistrationChangeRecord()
                                        .setBrokerId(broker.id())
                                        .setBrokerEpoch(broker.epoch())
                                        .setFenced(
                                                fenced
                                                        ? BrokerRegistrationFencingChange.FENCE
                                                                .value()
                                                        : BrokerRegistrationFencingChange.UNFENCE
                                                                .value())));
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
