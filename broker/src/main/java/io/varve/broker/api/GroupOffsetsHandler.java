// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.image.TopicImage;

/// Committed offsets of groups. Topics' ids become names (and names ids) at this door, and what
/// does not exist is answered here: the coordinator knows topics by both and trusts them.
/// Thread-safe.
final class GroupOffsetsHandler {
    private final GroupCoordinator groups;
    private final Partitions partitions;

    GroupOffsetsHandler(GroupCoordinator groups, Partitions partitions) {
        this.groups = groups;
        this.partitions = partitions;
    }

    CompletableFuture<OffsetCommitResponse> commit(
            RequestContext context, OffsetCommitRequest request) {
        boolean byId = OffsetCommitResponse.useTopicIds(request.version());
        OffsetCommitResponse.Builder answer = OffsetCommitResponse.newBuilder(byId);
        List<OffsetCommitRequestTopic> known = new ArrayList<>();
        for (OffsetCommitRequestTopic topic : request.data().topics()) {
            Optional<TopicImage> image =
                    partitions.topic(topic.name(), byId ? topic.topicId() : Uuid.ZERO_UUID);
            if (image.isEmpty()) {
                Errors error = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
                answer.addPartitions(
                        topic.topicId(),
                        topic.name(),
                        topic.partitions(),
                        OffsetCommitRequestPartition::partitionIndex,
                        error);
                continue;
            }
            List<OffsetCommitRequestPartition> there = new ArrayList<>();
            for (OffsetCommitRequestPartition partition : topic.partitions()) {
                if (image.get().partitions().containsKey(partition.partitionIndex())) {
                    there.add(partition);
                } else {
                    answer.addPartition(
                            image.get().id(),
                            image.get().name(),
                            partition.partitionIndex(),
                            Errors.UNKNOWN_TOPIC_OR_PARTITION);
                }
            }
            if (!there.isEmpty()) {
                known.add(
                        topic.duplicate()
                                .setName(image.get().name())
                                .setTopicId(image.get().id())
                                .setPartitions(there));
            }
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(answer.build());
        }
        OffsetCommitRequestData data = request.data().duplicate().setTopics(known);
        return groups.commitOffsets(context, data, BufferSupplier.NO_CACHING)
                .thenApply(committed -> answer.merge(committed).build());
    }

    CompletableFuture<OffsetFetchResponse> fetch(
            RequestContext context, OffsetFetchRequest request) {
        boolean byId = OffsetFetchRequest.useTopicIds(request.version());
        List<CompletableFuture<OffsetFetchResponseGroup>> answers =
                request.groups().stream()
                        .map(group -> fetch(context, group, request.requireStable(), byId))
                        .toList();
        return Answers.all(answers)
                .thenApply(
                        found -> new OffsetFetchResponse.Builder(found).build(request.version()));
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetch(
            RequestContext context,
            OffsetFetchRequestGroup group,
            boolean requireStable,
            boolean byId) {
        if (OffsetFetchRequest.requestAllOffsets(group)) {
            return groups.fetchOffsets(context, group, requireStable)
                    .thenApply(found -> byId ? withIds(found) : found)
                    .exceptionally(failure -> failed(group, failure));
        }
        List<OffsetFetchRequestTopics> known = new ArrayList<>();
        List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
        for (OffsetFetchRequestTopics topic : group.topics()) {
            if (!byId) {
                known.add(topic);
                continue;
            }
            Optional<TopicImage> image = partitions.topic(null, topic.topicId());
            if (image.isPresent()) {
                known.add(topic.duplicate().setName(image.get().name()));
            } else {
                unknown.add(unknown(topic));
            }
        }
        return groups.fetchOffsets(context, group.duplicate().setTopics(known), requireStable)
                .thenApply(found -> {
                    OffsetFetchResponseGroup answer = byId ? withIds(found) : found;
                    if (answer.errorCode() == Errors.NONE.code() && !unknown.isEmpty()) {
                        List<OffsetFetchResponseTopics> topics = new ArrayList<>(answer.topics());
                        topics.addAll(unknown);
                        answer.setTopics(topics);
                    }
                    return answer;
                })
                .exceptionally(failure -> failed(group, failure));
    }

    private static OffsetFetchResponseGroup failed(
            OffsetFetchRequestGroup group, Throwable failure) {
        return OffsetFetchResponse.groupError(
                group, Errors.forException(Answers.cause(failure)), Short.MAX_VALUE);
    }

    private static OffsetFetchResponseTopics unknown(OffsetFetchRequestTopics topic) {
        return new OffsetFetchResponseTopics()
                .setTopicId(topic.topicId())
                .setPartitions(
                        topic.partitionIndexes().stream()
                                .map(index ->
                                        new OffsetFetchResponsePartitions()
                                                .setPartitionIndex(index)
                                                .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                                                .setCommittedOffset(
                                                        OffsetFetchResponse.INVALID_OFFSET)
                                                .setMetadata(OffsetFetchResponse.NO_METADATA))
                                .toList());
    }

    /// With the topics' ids; a topic that no longer exists is left out, for its id is not known any
    /// more.
    private OffsetFetchResponseGroup withIds(OffsetFetchResponseGroup found) {
        List<OffsetFetchResponseTopics> topics = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : found.topics()) {
            partitions
                    .topic(topic.name(), Uuid.ZERO_UUID)
                    .ifPresent(image -> topics.add(topic.setTopicId(image.id())));
        }
        return found.setTopics(topics);
    }

    CompletableFuture<OffsetDeleteResponse> delete(
            RequestContext context, OffsetDeleteRequest request) {
        OffsetDeleteResponse.Builder answer = new OffsetDeleteResponse.Builder();
        OffsetDeleteRequestTopicCollection known = new OffsetDeleteRequestTopicCollection();
        for (OffsetDeleteRequestTopic topic : request.data().topics()) {
            Optional<TopicImage> image = partitions.topic(topic.name(), Uuid.ZERO_UUID);
            List<OffsetDeleteRequestPartition> there = new ArrayList<>();
            for (OffsetDeleteRequestPartition partition : topic.partitions()) {
                if (image.isPresent()
                        && image.get().partitions().containsKey(partition.partitionIndex())) {
                    there.add(partition);
                } else {
                    answer.addPartition(
                            topic.name(),
                            partition.partitionIndex(),
                            Errors.UNKNOWN_TOPIC_OR_PARTITION);
                }
            }
            if (!there.isEmpty()) {
                known.add(
                        new OffsetDeleteRequestTopic().setName(topic.name()).setPartitions(there));
            }
        }
        OffsetDeleteRequestData data = request.data().duplicate().setTopics(known);
        return groups.deleteOffsets(context, data, BufferSupplier.NO_CACHING)
                .thenApply(deleted -> answer.merge(deleted).build());
    }
}
