// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.metadata.NewTopic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;
import org.jspecify.annotations.Nullable;

/// Metadata: brokers, topics, and who leads each partition in which epoch. Thread-safe.
final class MetadataHandler {
    private final ClusterView cluster;
    private final Partitions partitions;
    private final LeaderView leaders;
    private final ClusterChanges changes;

    MetadataHandler(
            ClusterView cluster,
            Partitions partitions,
            LeaderView leaders,
            ClusterChanges changes) {
        this.cluster = cluster;
        this.partitions = partitions;
        this.leaders = leaders;
        this.changes = changes;
    }

    CompletableFuture<MetadataResponse> metadata(MetadataRequest request, String listener) {
        if (request.isAllTopics()) {
            List<MetadataResponseTopic> topics = new ArrayList<>();
            for (TopicImage topic :
                    new TreeMap<>(cluster.image().topics().topicsByName()).values()) {
                topics.add(describe(topic));
            }
            return CompletableFuture.completedFuture(response(request, listener, topics));
        }
        Set<String> missing = missingNames(request);
        if (missing.isEmpty() || !changes.autoCreate() || !request.allowAutoTopicCreation()) {
            return CompletableFuture.completedFuture(
                    response(request, listener, describeAll(request, Map.of())));
        }
        return changes.createTopics(missing.stream().map(NewTopic::ofDefaults).toList(), false)
                .thenApply(results -> {
                    Map<String, ApiError> outcomes = new HashMap<>();
                    results.forEach(result -> outcomes.put(result.name(), result.error()));
                    return response(request, listener, describeAll(request, outcomes));
                });
    }

    private Set<String> missingNames(MetadataRequest request) {
        Set<String> missing = new LinkedHashSet<>();
        for (MetadataRequestTopic topic : request.data().topics()) {
            checkVersion(topic, request.version());
            if (Uuid.ZERO_UUID.equals(topic.topicId())
                    && topic.name() != null
                    && nameError(topic.name()) == null
                    && partitions.topic(topic.name(), topic.topicId()).isEmpty()) {
                missing.add(topic.name());
            }
        }
        return missing;
    }

    private static void checkVersion(MetadataRequestTopic topic, short version) {
        if (version < 12 && topic.name() == null) {
            throw new InvalidRequestException("Topic name can not be null for version " + version);
        }
        if (version < 12 && !Uuid.ZERO_UUID.equals(topic.topicId())) {
            throw new InvalidRequestException(
                    "Topic IDs are not supported in requests for version " + version);
        }
    }

    private List<MetadataResponseTopic> describeAll(
            MetadataRequest request, Map<String, ApiError> created) {
        List<MetadataResponseTopic> topics = new ArrayList<>();
        for (MetadataRequestTopic asked : request.data().topics()) {
            TopicImage topic = partitions.topic(asked.name(), asked.topicId()).orElse(null);
            if (topic != null) {
                topics.add(describe(topic));
            } else {
                topics.add(notThere(asked, created));
            }
        }
        return topics;
    }

    private static MetadataResponseTopic notThere(
            MetadataRequestTopic asked, Map<String, ApiError> created) {
        MetadataResponseTopic topic = new MetadataResponseTopic().setTopicId(asked.topicId());
        if (!Uuid.ZERO_UUID.equals(asked.topicId()) || asked.name() == null) {
            return topic.setName(null).setErrorCode(Errors.UNKNOWN_TOPIC_ID.code());
        }
        Errors error = nameError(asked.name());
        if (error == null) {
            ApiError outcome = created.get(asked.name());
            // Created, and not seen here yet: the client comes again.
            error =
                    outcome == null
                            ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                            : outcome.isSuccess() || outcome.is(Errors.TOPIC_ALREADY_EXISTS)
                                    ? Errors.LEADER_NOT_AVAILABLE
                                    : outcome.error();
        }
        return topic.setName(asked.name())
                .setErrorCode(error.code())
                .setIsInternal(Topic.isInternal(asked.name()));
    }

    private static @Nullable Errors nameError(String name) {
        try {
            Topic.validate(name);
            return null;
        } catch (InvalidTopicException _) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
    }

    private MetadataResponseTopic describe(TopicImage topic) {
        List<MetadataResponsePartition> described = new ArrayList<>();
        for (Map.Entry<Integer, PartitionRegistration> entry :
                new TreeMap<>(topic.partitions()).entrySet()) {
            LeaderView.Replicas replicas = leaders.replicasOf(entry.getValue());
            LeaderView.Leader leader = leaders.leaderOf(topic, entry.getKey());
            described.add(
                    new MetadataResponsePartition()
                            .setPartitionIndex(entry.getKey())
                            .setErrorCode(
                                    leader.known()
                                            ? Errors.NONE.code()
                                            : Errors.LEADER_NOT_AVAILABLE.code())
                            .setLeaderId(leader.nodeId())
                            .setLeaderEpoch(leader.epoch())
                            .setReplicaNodes(replicas.all())
                            .setIsrNodes(replicas.inSync())
                            .setOfflineReplicas(replicas.offline()));
        }
        return new MetadataResponseTopic()
                .setName(topic.name())
                .setTopicId(topic.id())
                .setIsInternal(Topic.isInternal(topic.name()))
                .setPartitions(described);
    }

    private MetadataResponse response(
            MetadataRequest request, String listener, List<MetadataResponseTopic> topics) {
        MetadataResponseData data =
                new MetadataResponseData()
                        .setClusterId(cluster.clusterId())
                        .setControllerId(
                                cluster.controllerId().orElse(MetadataResponse.NO_CONTROLLER_ID));
        for (Node node : leaders.nodes(listener)) {
            data.brokers()
                    .add(
                            new MetadataResponseBroker()
                                    .setNodeId(node.id())
                                    .setHost(node.host())
                                    .setPort(node.port())
                                    .setRack(node.rack()));
        }
        for (MetadataResponseTopic topic : topics) {
            if (request.version() >= 8 && request.data().includeTopicAuthorizedOperations()) {
                topic.setTopicAuthorizedOperations(Operations.all(ResourceType.TOPIC));
            }
            data.topics().add(topic);
        }
        if (request.version() >= 8
                && request.version() <= 10
                && request.data().includeClusterAuthorizedOperations()) {
            data.setClusterAuthorizedOperations(Operations.all(ResourceType.CLUSTER));
        }
        return new MetadataResponse(data, request.version());
    }
}
