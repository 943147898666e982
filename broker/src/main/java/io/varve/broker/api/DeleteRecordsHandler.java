// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.CommandOutcome;
import io.varve.broker.shard.PartitionView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;

/// DeleteRecords: moves a partition's log start through Raft; what lies below is gone for readers
/// when this answers. Thread-safe.
final class DeleteRecordsHandler {
    private final Partitions partitions;

    DeleteRecordsHandler(Partitions partitions) {
        this.partitions = partitions;
    }

    CompletableFuture<DeleteRecordsResponse> deleteRecords(DeleteRecordsRequest request) {
        DeleteRecordsResponseData data = new DeleteRecordsResponseData();
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (DeleteRecordsTopic topic : request.data().topics()) {
            DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.name());
            data.topics().add(result);
            for (DeleteRecordsPartition partition : topic.partitions()) {
                DeleteRecordsPartitionResult answer =
                        new DeleteRecordsPartitionResult()
                                .setPartitionIndex(partition.partitionIndex());
                result.partitions().add(answer);
                running.add(
                        delete(topic.name(), partition)
                                .completeOnTimeout(
                                        refused(Errors.REQUEST_TIMED_OUT),
                                        Math.max(1, request.data().timeoutMs()),
                                        TimeUnit.MILLISECONDS)
                                .thenAccept(done ->
                                        answer.setErrorCode(done.error().code())
                                                .setLowWatermark(done.lowWatermark())));
            }
        }
        return CompletableFuture.allOf(running.toArray(new CompletableFuture<?>[0]))
                .thenApply(_ -> new DeleteRecordsResponse(data));
    }

    private record Done(Errors error, long lowWatermark) {}

    private static Done refused(Errors error) {
        return new Done(error, DeleteRecordsResponse.INVALID_LOW_WATERMARK);
    }

    private CompletableFuture<Done> delete(String topic, DeleteRecordsPartition asked) {
        if (Topic.isInternal(topic)) {
            return CompletableFuture.completedFuture(refused(Errors.INVALID_TOPIC_EXCEPTION));
        }
        return switch (partitions.place(topic, Uuid.ZERO_UUID, asked.partitionIndex())) {
            case PartitionPlace.Unknown unknown ->
                    CompletableFuture.completedFuture(refused(unknown.error()));
            case PartitionPlace.Elsewhere _ ->
                    CompletableFuture.completedFuture(refused(Errors.NOT_LEADER_OR_FOLLOWER));
            case PartitionPlace.Here here -> delete(here, asked.offset());
        };
    }

    private static CompletableFuture<Done> delete(PartitionPlace.Here here, long asked) {
        PartitionView view = here.view();
        long target = asked == DeleteRecordsRequest.HIGH_WATERMARK ? view.highWatermark() : asked;
        if (target < 0 || target > view.highWatermark()) {
            return CompletableFuture.completedFuture(refused(Errors.OFFSET_OUT_OF_RANGE));
        }
        if (target <= view.logStart()) {
            return CompletableFuture.completedFuture(new Done(Errors.NONE, view.logStart()));
        }
        return here.shard()
                .submit(new ShardCommand.MoveLogStart(view.id(), target))
                .thenApply(outcome ->
                        switch (outcome) {
                            case CommandOutcome.Refused refused -> refused(refused.error());
                            case CommandOutcome.Applied _, CommandOutcome.Unchanged _ ->
                                    new Done(Errors.NONE, Math.max(target, view.logStart()));
                        });
    }
}
