// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.partition.OffsetAnswer;
import io.varve.broker.partition.PartitionReads;
import io.varve.broker.shard.PartitionView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;

/// ListOffsets and OffsetForLeaderEpoch. Thread-safe.
final class OffsetsHandler {
    /// First version whose answers carry the leader epoch.
    private static final short EPOCH_IN_RESPONSE = 4;

    private static final short MAX_TIMESTAMP = 7;
    private static final short EARLIEST_LOCAL = 8;
    private static final short LATEST_TIERED = 9;
    private static final short EARLIEST_PENDING_UPLOAD = 11;

    private final Partitions partitions;
    private final PartitionReads reads;

    OffsetsHandler(Partitions partitions, PartitionReads reads) {
        this.partitions = partitions;
        this.reads = reads;
    }

    CompletableFuture<ListOffsetsResponse> listOffsets(ListOffsetsRequest request) {
        List<CompletableFuture<ListOffsetsTopicResponse>> topics = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (ListOffsetsTopic topic : request.data().topics()) {
            List<CompletableFuture<ListOffsetsPartitionResponse>> answers = new ArrayList<>();
            for (ListOffsetsPartition partition : topic.partitions()) {
                boolean twice = !seen.add(topic.name() + '/' + partition.partitionIndex());
                answers.add(
                        twice
                                ? CompletableFuture.completedFuture(
                                        error(partition, Errors.INVALID_REQUEST))
                                : lookUp(request, topic, partition));
            }
            topics.add(
                    Answers.all(answers)
                            .thenApply(list ->
                                    new ListOffsetsTopicResponse()
                                            .setName(topic.name())
                                            .setPartitions(list)));
        }
        return Answers.all(topics)
                .thenApply(list ->
                        new ListOffsetsResponse(new ListOffsetsResponseData().setTopics(list)));
    }

    private CompletableFuture<ListOffsetsPartitionResponse> lookUp(
            ListOffsetsRequest request, ListOffsetsTopic topic, ListOffsetsPartition asked) {
        if (!versionAllows(asked.timestamp(), request.version())) {
            return CompletableFuture.completedFuture(error(asked, Errors.UNSUPPORTED_VERSION));
        }
        PartitionPlace place =
                partitions.place(topic.name(), Uuid.ZERO_UUID, asked.partitionIndex());
        if (!(place instanceof PartitionPlace.Here here)) {
            Errors error =
                    place instanceof PartitionPlace.Unknown unknown
                            ? unknown.error()
                            : Errors.NOT_LEADER_OR_FOLLOWER;
            return CompletableFuture.completedFuture(error(asked, error));
        }
        Errors fenced = EpochChecks.check(asked.currentLeaderEpoch(), here.view().leaderEpoch());
        if (fenced != Errors.NONE) {
            return CompletableFuture.completedFuture(error(asked, fenced));
        }
        if (!here.shard().leadsForSure()) {
            return CompletableFuture.completedFuture(error(asked, Errors.OFFSET_NOT_AVAILABLE));
        }
        boolean committedOnly = request.isolationLevel() == IsolationLevel.READ_COMMITTED;
        return reads.lookUp(here.view(), asked.timestamp(), committedOnly)
                .handle((found, failure) ->
                        failure != null
                                ? error(asked, Errors.forException(Answers.cause(failure)))
                                : answer(asked, found, request.version()));
    }

    /// Whether a special timestamp exists in this version of the request.
    private static boolean versionAllows(long timestamp, short version) {
        if (timestamp == ListOffsetsRequest.MAX_TIMESTAMP) {
            return version >= MAX_TIMESTAMP;
        } else if (timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            return version >= EARLIEST_LOCAL;
        } else if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) {
            return version >= LATEST_TIERED;
        } else if (timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
            return version >= EARLIEST_PENDING_UPLOAD;
        }
        return timestamp >= ListOffsetsRequest.EARLIEST_TIMESTAMP;
    }

    private static ListOffsetsPartitionResponse answer(
            ListOffsetsPartition asked, OffsetAnswer found, short version) {
        return switch (found) {
            case OffsetAnswer.Found at -> {
                ListOffsetsPartitionResponse answer =
                        new ListOffsetsPartitionResponse()
                                .setPartitionIndex(asked.partitionIndex())
                                .setTimestamp(at.timestampMs())
                                .setOffset(at.offset());
                yield version >= EPOCH_IN_RESPONSE
                        ? answer.setLeaderEpoch(at.leaderEpoch())
                        : answer;
            }
            case OffsetAnswer.None _ ->
                    new ListOffsetsPartitionResponse()
                            .setPartitionIndex(asked.partitionIndex())
                            .setTimestamp(ListOffsetsResponse.UNKNOWN_TIMESTAMP)
                            .setOffset(ListOffsetsResponse.UNKNOWN_OFFSET);
            case OffsetAnswer.Failed failed -> error(asked, failed.error());
        };
    }

    private static ListOffsetsPartitionResponse error(ListOffsetsPartition asked, Errors error) {
        return new ListOffsetsPartitionResponse()
                .setPartitionIndex(asked.partitionIndex())
                .setErrorCode(error.code())
                .setTimestamp(ListOffsetsResponse.UNKNOWN_TIMESTAMP)
                .setOffset(ListOffsetsResponse.UNKNOWN_OFFSET);
    }

    OffsetsForLeaderEpochResponse offsetForLeaderEpoch(OffsetsForLeaderEpochRequest request) {
        OffsetForLeaderEpochResponseData data = new OffsetForLeaderEpochResponseData();
        request.data()
                .topics()
                .forEach(topic -> {
                    OffsetForLeaderTopicResult result =
                            new OffsetForLeaderTopicResult().setTopic(topic.topic());
                    topic.partitions()
                            .forEach(asked ->
                                    result.partitions().add(epochEnd(topic.topic(), asked)));
                    data.topics().add(result);
                });
        return new OffsetsForLeaderEpochResponse(data);
    }

    private EpochEndOffset epochEnd(String topic, OffsetForLeaderPartition asked) {
        EpochEndOffset answer =
                new EpochEndOffset()
                        .setPartition(asked.partition())
                        .setLeaderEpoch(OffsetsForLeaderEpochResponse.UNDEFINED_EPOCH)
                        .setEndOffset(OffsetsForLeaderEpochResponse.UNDEFINED_EPOCH_OFFSET);
        return switch (partitions.place(topic, Uuid.ZERO_UUID, asked.partition())) {
            case PartitionPlace.Unknown unknown -> answer.setErrorCode(unknown.error().code());
            case PartitionPlace.Elsewhere _ ->
                    answer.setErrorCode(Errors.NOT_LEADER_OR_FOLLOWER.code());
            case PartitionPlace.Here here -> {
                PartitionView view = here.view();
                Errors fenced = EpochChecks.check(asked.currentLeaderEpoch(), view.leaderEpoch());
                Optional<PartitionView.EpochEnd> end = view.endOffsetForEpoch(asked.leaderEpoch());
                if (fenced == Errors.NONE && end.isPresent()) {
                    answer.setLeaderEpoch(end.get().epoch()).setEndOffset(end.get().endOffset());
                }
                yield answer.setErrorCode(fenced.code());
            }
        };
    }
}
