// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.KRaftVersion;

/// DescribeCluster, DescribeTopicPartitions and DescribeLogDirs. Thread-safe.
final class ClusterHandler {
    /// Partitions in one answer at most (`max.request.partition.size.limit` of Kafka).
    private static final int PARTITIONS_PER_ANSWER = 2000;

    private static final byte BROKERS = 1;

    private final ClusterView cluster;
    private final Partitions partitions;
    private final LeaderView leaders;
    private final DataDirectoryView dataDirectory;

    ClusterHandler(
            ClusterView cluster,
            Partitions partitions,
            LeaderView leaders,
            DataDirectoryView dataDirectory) {
        this.cluster = cluster;
        this.partitions = partitions;
        this.leaders = leaders;
        this.dataDirectory = dataDirectory;
    }

    DescribeClusterResponse describeCluster(DescribeClusterRequest request, String listener) {
        if (request.data().endpointType() != BROKERS) {
            return new DescribeClusterResponse(
                    new DescribeClusterResponseData()
                            .setErrorCode(Errors.MISMATCHED_ENDPOINT_TYPE.code())
                            .setErrorMessage("brokers are asked here, not controllers")
                            .setEndpointType(BROKERS));
        }
        DescribeClusterResponseData data =
                new DescribeClusterResponseData()
                        .setClusterId(cluster.clusterId())
                        .setControllerId(
                                cluster.controllerId().orElse(MetadataResponse.NO_CONTROLLER_ID))
                        .setEndpointType(BROKERS);
        for (Node node : leaders.nodes(listener)) {
            data.brokers()
                    .add(
                            new DescribeClusterBroker()
                                    .setBrokerId(node.id())
                                    .setHost(node.host())
                                    .setPort(node.port())
                                    .setRack(node.rack()));
        }
        if (request.data().includeClusterAuthorizedOperations()) {
            data.setClusterAuthorizedOperations(Operations.all(ResourceType.CLUSTER));
        }
        return new DescribeClusterResponse(data);
    }

    /// Kafka's own paging; who leads comes from the shards.
    DescribeTopicPartitionsResponse describeTopics(
            DescribeTopicPartitionsRequest request, String listener) {
        KRaftMetadataCache cache =
                new KRaftMetadataCache(cluster.nodeId(), () -> KRaftVersion.LATEST_PRODUCTION);
        cache.setImage(cluster.image());
        Cursor cursor = request.data().cursor();
        TreeSet<String> names = new TreeSet<>();
        boolean all = request.data().topics().isEmpty();
        if (all) {
            names.addAll(cache.getAllTopics());
        } else {
            request.data().topics().forEach(topic -> names.add(topic.name()));
        }
        Iterator<String> from =
                cursor == null ? names.iterator() : names.tailSet(cursor.topicName()).iterator();
        int limit =
                Math.max(
                        1,
                        Math.min(PARTITIONS_PER_ANSWER, request.data().responsePartitionLimit()));
        DescribeTopicPartitionsResponseData data =
                cache.describeTopicResponse(
                        from,
                        new org.apache.kafka.common.network.ListenerName(listener),
                        topic ->
                                cursor != null && topic.equals(cursor.topicName())
                                        ? cursor.partitionIndex()
                                        : 0,
                        limit,
                        all);
        data.topics()
                .forEach(topic -> {
                    TopicImage image = cluster.image().topics().getTopic(topic.topicId());
                    if (image != null) {
                        topic.partitions().forEach(partition -> lead(image, partition));
                    }
                    topic.setTopicAuthorizedOperations(Operations.all(ResourceType.TOPIC));
                });
        return new DescribeTopicPartitionsResponse(data);
    }

    private void lead(TopicImage topic, DescribeTopicPartitionsResponsePartition partition) {
        PartitionRegistration registration = topic.partitions().get(partition.partitionIndex());
        if (registration != null) {
            LeaderView.Leader leader = leaders.leaderOf(topic, partition.partitionIndex());
            LeaderView.Replicas replicas = leaders.replicasOf(registration);
            partition
                    .setReplicaNodes(replicas.all())
                    .setIsrNodes(replicas.inSync())
                    .setOfflineReplicas(replicas.offline())
                    .setLeaderId(leader.nodeId())
                    .setLeaderEpoch(leader.epoch())
                    .setErrorCode(
                            leader.known()
                                    ? Errors.NONE.code()
                                    : Errors.LEADER_NOT_AVAILABLE.code());
        }
    }

    /// The one data directory, with what each partition takes there. A shard's files are shared, so
    /// the sizes are the partitions' own bytes.
    DescribeLogDirsResponse describeLogDirs(DescribeLogDirsRequest request) {
        Map<String, DescribeLogDirsTopic> topics = new TreeMap<>();
        if (request.isAllTopicPartitions()) {
            cluster.image()
                    .topics()
                    .topicsByName()
                    .values()
                    .forEach(topic ->
                            topic.partitions()
                                    .keySet()
                                    .forEach(partition -> addLocal(topics, topic, partition)));
        } else {
            for (DescribableLogDirTopic asked : request.data().topics()) {
                TopicImage topic = cluster.image().topics().getTopic(asked.topic());
                if (topic != null) {
                    asked.partitions().forEach(partition -> addLocal(topics, topic, partition));
                }
            }
        }
        List<DescribeLogDirsTopic> found = new ArrayList<>(topics.values());
        return new DescribeLogDirsResponse(
                new DescribeLogDirsResponseData()
                        .setResults(
                                List.of(
                                        new DescribeLogDirsResult()
                                                .setLogDir(dataDirectory.path())
                                                .setTotalBytes(dataDirectory.totalBytes())
                                                .setUsableBytes(dataDirectory.usableBytes())
                                                .setTopics(found))));
    }

    private void addLocal(
            Map<String, DescribeLogDirsTopic> topics, TopicImage topic, int partition) {
        partitions
                .local(topic, partition)
                .ifPresent(view ->
                        topics.computeIfAbsent(
                                        topic.name(),
                                        name -> new DescribeLogDirsTopic().setName(name))
                                .partitions()
                                .add(
                                        new DescribeLogDirsPartition()
                                                .setPartitionIndex(partition)
                                                .setPartitionSize(view.localBytes())
                                                .setOffsetLag(0)
                                                .setIsFutureKey(false)));
    }
}
