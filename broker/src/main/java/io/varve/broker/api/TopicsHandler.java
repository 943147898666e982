// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.config.ConfigDescription;
import io.varve.broker.metadata.MorePartitions;
import io.varve.broker.metadata.NewTopic;
import io.varve.broker.metadata.TopicResult;
import io.varve.broker.metadata.TopicToDelete;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;

/// CreateTopics, DeleteTopics and CreatePartitions: asks the controller. A name that stands twice
/// in a request is refused, as in Kafka. Thread-safe.
final class TopicsHandler {
    private static final short TOPIC_IDS_IN_DELETE = 6;

    private final ClusterChanges changes;
    private final ConfigViews configs;

    TopicsHandler(ClusterChanges changes, ConfigViews configs) {
        this.changes = changes;
        this.configs = configs;
    }

    CompletableFuture<CreateTopicsResponse> createTopics(CreateTopicsRequest request) {
        Set<String> twice =
                duplicates(request.data().topics().stream().map(CreatableTopic::name).toList());
        List<NewTopic> wanted =
                request.data().topics().stream()
                        .filter(topic -> !twice.contains(topic.name()))
                        .map(TopicsHandler::newTopic)
                        .toList();
        boolean validateOnly = request.data().validateOnly();
        return changes.createTopics(wanted, validateOnly)
                .thenApply(results -> {
                    CreateTopicsResponseData data = new CreateTopicsResponseData();
                    twice.forEach(name ->
                            data.topics()
                                    .add(
                                            new CreatableTopicResult()
                                                    .setName(name)
                                                    .setErrorCode(Errors.INVALID_REQUEST.code())
                                                    .setErrorMessage(
                                                            "Found multiple entries for this topic.")));
                    results.forEach(result -> data.topics().add(created(result, validateOnly)));
                    return new CreateTopicsResponse(data);
                });
    }

    private static NewTopic newTopic(CreatableTopic topic) {
        Map<Integer, List<Integer>> assignments = new HashMap<>();
        topic.assignments()
                .forEach(each ->
                        assignments.put(each.partitionIndex(), List.copyOf(each.brokerIds())));
        Map<String, String> overrides = new HashMap<>();
        topic.configs()
                .forEach(config ->
                        overrides.put(config.name(), config.value() == null ? "" : config.value()));
        return new NewTopic(
                topic.name(),
                topic.numPartitions(),
                topic.replicationFactor(),
                assignments,
                overrides);
    }

    private CreatableTopicResult created(TopicResult result, boolean validateOnly) {
        CreatableTopicResult answer =
                new CreatableTopicResult()
                        .setName(result.name())
                        .setErrorCode(result.error().error().code())
                        .setErrorMessage(
                                result.error().isSuccess()
                                        ? null
                                        : result.error().messageWithFallback());
        if (result.error().isFailure()) {
            return answer;
        }
        answer.setTopicId(result.id())
                .setNumPartitions(result.partitions())
                .setReplicationFactor(result.replicationFactor());
        return validateOnly
                ? answer.setConfigs(List.of())
                : answer.setConfigs(
                        configs.topic(result.name()).stream().map(TopicsHandler::config).toList());
    }

    private static CreatableTopicConfigs config(ConfigDescription config) {
        return new CreatableTopicConfigs()
                .setName(config.name())
                .setValue(config.value())
                .setReadOnly(config.readOnly())
                .setIsSensitive(config.sensitive())
                .setConfigSource(config.source().id());
    }

    CompletableFuture<CreatePartitionsResponse> createPartitions(CreatePartitionsRequest request) {
        Set<String> twice =
                duplicates(
                        request.data().topics().stream().map(CreatePartitionsTopic::name).toList());
        List<MorePartitions> wanted =
                request.data().topics().stream()
                        .filter(topic -> !twice.contains(topic.name()))
                        .map(topic ->
                                new MorePartitions(
                                        topic.name(),
                                        topic.count(),
                                        Optional.ofNullable(topic.assignments())
                                                .map(assignments ->
                                                        assignments.stream()
                                                                .map(each ->
                                                                        List.copyOf(
                                                                                each.brokerIds()))
                                                                .toList())))
                        .toList();
        return changes.createPartitions(wanted, request.data().validateOnly())
                .thenApply(results -> {
                    List<CreatePartitionsTopicResult> answers = new ArrayList<>();
                    twice.forEach(name ->
                            answers.add(
                                    more(
                                            name,
                                            new ApiError(
                                                    Errors.INVALID_REQUEST,
                                                    "Duplicate topic name."))));
                    results.forEach(result -> answers.add(more(result.name(), result.error())));
                    return new CreatePartitionsResponse(
                            new CreatePartitionsResponseData().setResults(answers));
                });
    }

    private static CreatePartitionsTopicResult more(String name, ApiError error) {
        return new CreatePartitionsTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.isSuccess() ? null : error.messageWithFallback());
    }

    CompletableFuture<DeleteTopicsResponse> deleteTopics(DeleteTopicsRequest request) {
        boolean byState = request.version() >= TOPIC_IDS_IN_DELETE;
        List<TopicToDelete> wanted = new ArrayList<>();
        DeleteTopicsResponseData data = new DeleteTopicsResponseData();
        List<DeleteTopicState> states =
                byState
                        ? request.data().topics()
                        : request.data().topicNames().stream()
                                .map(name -> new DeleteTopicState().setName(name))
                                .toList();
        Set<TopicToDelete> seen = new HashSet<>();
        for (DeleteTopicState state : states) {
            boolean named = state.name() != null;
            boolean identified = !Uuid.ZERO_UUID.equals(state.topicId());
            TopicToDelete topic =
                    named
                            ? new TopicToDelete.ByName(state.name())
                            : new TopicToDelete.ById(state.topicId());
            if (named == identified || !seen.add(topic)) {
                data.responses()
                        .add(
                                new DeletableTopicResult()
                                        .setName(state.name())
                                        .setTopicId(state.topicId())
                                        .setErrorCode(Errors.INVALID_REQUEST.code())
                                        .setErrorMessage(
                                                "A topic is named once, by its name or by its id."));
            } else {
                wanted.add(topic);
            }
        }
        return changes.deleteTopics(wanted, Math.max(0, request.data().timeoutMs()))
                .thenApply(results -> {
                    results.forEach(result -> data.responses().add(deleted(result)));
                    return new DeleteTopicsResponse(data);
                });
    }

    private static DeletableTopicResult deleted(TopicResult result) {
        return new DeletableTopicResult()
                .setName(result.name().isEmpty() ? null : result.name())
                .setTopicId(result.id())
                .setErrorCode(result.error().error().code())
                .setErrorMessage(
                        result.error().isSuccess() ? null : result.error().messageWithFallback());
    }

    private static Set<String> duplicates(List<String> names) {
        Set<String> seen = new HashSet<>();
        return names.stream().filter(name -> !seen.add(name)).collect(Collectors.toSet());
    }
}
