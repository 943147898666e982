// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.network.Request;
import io.varve.broker.shard.Acks;
import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendRequest;
import io.varve.broker.shard.AppendRules;
import io.varve.broker.shard.AppendTicket;
import io.varve.broker.shard.Origin;
import io.varve.broker.shard.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.image.TopicImage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Produce: each partition's batch goes to the writer of its shard, straight from the receive
/// buffer, in the order of the requests. Called on the event loop; never blocks. Thread-safe.
final class ProduceHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ProduceHandler.class);

    /// Kafka's own tools write to internal topics under this client id.
    private static final String INTERNAL_WRITER = "__admin_client";

    /// First version whose responses name the current leader.
    private static final short LEADER_IN_RESPONSE = 10;

    private final Partitions partitions;
    private final LeaderView leaders;
    private final Function<String, AppendRules> rules;
    private final WriteAdmission admission;
    private final ScheduledExecutorService timer;

    ProduceHandler(
            Partitions partitions,
            LeaderView leaders,
            Function<String, AppendRules> rules,
            WriteAdmission admission,
            ScheduledExecutorService timer) {
        this.partitions = partitions;
        this.leaders = leaders;
        this.rules = rules;
        this.admission = admission;
        this.timer = timer;
    }

    /// The stage gives null for acks=0, and fails if then a partition was refused: the connection
    /// is closed, which is all that such a producer can be told.
    CompletableFuture<@Nullable ProduceResponse> produce(Request request, ProduceRequest body) {
        Optional<Acks> acks = acksOf(body.acks());
        if (acks.isEmpty()) {
            return CompletableFuture.completedFuture(
                    body.getErrorResponse(0, Errors.INVALID_REQUIRED_ACKS.exception()));
        }
        List<TopicProduceResponse> topics = new ArrayList<>();
        List<CompletableFuture<PartitionProduceResponse>> waiting = new ArrayList<>();
        List<TopicProduceResponse> owners = new ArrayList<>();
        PushBack pushBack = new PushBack();
        for (TopicProduceData topic : body.data().topicData()) {
            TopicProduceResponse answer =
                    new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
            topics.add(answer);
            for (PartitionProduceData partition : topic.partitionData()) {
                owners.add(answer);
                waiting.add(append(request, body, topic, partition, acks.get(), pushBack));
            }
        }
        CompletableFuture<List<PartitionProduceResponse>> all = Answers.all(waiting);
        if (body.acks() != 0 && !all.isDone()) {
            limit(all, waiting, body);
        }
        CompletableFuture<@Nullable ProduceResponse> response =
                all.thenApply(answers -> {
                    for (int i = 0; i < answers.size(); i++) {
                        owners.get(i).partitionResponses().add(answers.get(i));
                    }
                    return answer(request, body, topics, pushBack.pauseMs);
                });
        return body.acks() == 0 ? later(response, pushBack.pauseMs) : response;
    }

    /// How long the client is not read after this request.
    private static final class PushBack {
        private int pauseMs;

        void atLeast(Duration pause) {
            pauseMs = Math.max(pauseMs, Math.toIntExact(pause.toMillis()));
        }
    }

    /// Without a response to tell it, the connection is slowed by what it may have open.
    private CompletableFuture<@Nullable ProduceResponse> later(
            CompletableFuture<@Nullable ProduceResponse> response, int pauseMs) {
        if (pauseMs == 0) {
            return response;
        }
        CompletableFuture<Void> pause = new CompletableFuture<>();
        Future<?> _ = timer.schedule(() -> pause.complete(null), pauseMs, TimeUnit.MILLISECONDS);
        return pause.thenCompose(_ -> response);
    }

    /// What is not answered in the client's time may still be committed; an idempotent producer
    /// finds out.
    private void limit(
            CompletableFuture<List<PartitionProduceResponse>> all,
            List<CompletableFuture<PartitionProduceResponse>> waiting,
            ProduceRequest body) {
        List<Integer> indexes =
                body.data().topicData().stream()
                        .flatMap(topic -> topic.partitionData().stream())
                        .map(PartitionProduceData::index)
                        .toList();
        Future<?> timeout =
                timer.schedule(
                        () -> {
                            for (int i = 0; i < waiting.size(); i++) {
                                waiting.get(i)
                                        .complete(
                                                error(
                                                        indexes.get(i),
                                                        Errors.REQUEST_TIMED_OUT,
                                                        null));
                            }
                        },
                        Math.max(1, body.timeout()),
                        TimeUnit.MILLISECONDS);
        CompletableFuture<?> _ = all.whenComplete((_, _) -> timeout.cancel(false));
    }

    private static Optional<Acks> acksOf(short acks) {
        return switch (acks) {
            case 0 -> Optional.of(Acks.NONE);
            case 1 -> Optional.of(Acks.LEADER);
            case -1 -> Optional.of(Acks.ALL);
            default -> Optional.empty();
        };
    }

    private CompletableFuture<PartitionProduceResponse> append(
            Request request,
            ProduceRequest body,
            TopicProduceData topic,
            PartitionProduceData partition,
            Acks acks,
            PushBack pushBack) {
        Optional<TopicImage> image = partitions.topic(topic.name(), topic.topicId());
        if (image.isEmpty()) {
            return refused(partition.index(), Partitions.unknownTopic(topic.topicId()), null);
        }
        if (Topic.isInternal(image.get().name())
                && !INTERNAL_WRITER.equals(request.context().clientId())) {
            return refused(
                    partition.index(),
                    Errors.INVALID_TOPIC_EXCEPTION,
                    "clients do not write to an internal topic: topic=" + image.get().name());
        }
        MemoryRecords records = (MemoryRecords) partition.records();
        try {
            check(body.version(), records);
        } catch (ApiException invalid) {
            return refused(partition.index(), Errors.forException(invalid), invalid.getMessage());
        } catch (IllegalArgumentException codec) {
            return refused(
                    partition.index(), Errors.UNSUPPORTED_COMPRESSION_TYPE, codec.getMessage());
        }
        return switch (partitions.place(image.get(), partition.index())) {
            case PartitionPlace.Unknown unknown ->
                    refused(partition.index(), unknown.error(), null);
            case PartitionPlace.Elsewhere other ->
                    elsewhere(partition.index(), other, body.version());
            case PartitionPlace.Here here ->
                    admit(
                            request,
                            here.shard(),
                            new AppendRequest(
                                    here.view().id(),
                                    records.buffer(),
                                    acks,
                                    Origin.CLIENT,
                                    rules.apply(image.get().name())),
                            pushBack);
        };
    }

    private CompletableFuture<PartitionProduceResponse> admit(
            Request request, Shard shard, AppendRequest append, PushBack pushBack) {
        return switch (admission.of(shard.id(), append.batches().remaining())) {
            case WriteAdmission.Verdict.Admitted _ -> submit(request, shard, append);
            case WriteAdmission.Verdict.Slowed(Duration pause) -> {
                pushBack.atLeast(pause);
                yield submit(request, shard, append);
            }
            case WriteAdmission.Verdict.Refused(Errors error, String message, Duration pause) -> {
                pushBack.atLeast(pause);
                yield refused(append.id().partition(), error, message);
            }
        };
    }

    private static CompletableFuture<PartitionProduceResponse> submit(
            Request request, Shard shard, AppendRequest append) {
        // The writer reads the receive buffer until it has assigned offsets; the answer may come
        // before that.
        request.retain();
        AppendTicket ticket;
        try {
            ticket = shard.append(append);
        } catch (RuntimeException failure) {
            // Only this partition fails: others of the request may be on their way.
            request.release();
            LOG.error("append failed: partition={}", append.id(), failure);
            return refused(
                    append.id().partition(),
                    Errors.forException(failure),
                    String.valueOf(failure.getMessage()));
        }
        CompletableFuture<?> _ = ticket.assigned().whenComplete((_, _) -> request.release());
        return outcome(ticket, append.id().partition());
    }

    private static void check(short version, @Nullable MemoryRecords records) {
        if (records == null) {
            throw Errors.INVALID_RECORD.exception(
                    "no records in the partition's part of the request");
        }
        ProduceRequest.validateRecords(version, records);
        for (MutableRecordBatch batch : records.batches()) {
            if (batch.isTransactional()) {
                throw Errors.INVALID_TXN_STATE.exception(
                        "transactions are not supported by this broker");
            }
        }
    }

    private static CompletableFuture<PartitionProduceResponse> outcome(
            AppendTicket ticket, int index) {
        CompletableFuture<PartitionProduceResponse> answer = new CompletableFuture<>();
        CompletableFuture<?> _ =
                ticket.done()
                        .whenComplete((outcome, failure) -> {
                            if (failure != null) {
                                Throwable cause = Answers.cause(failure);
                                answer.complete(
                                        error(
                                                index,
                                                Errors.forException(cause),
                                                cause.getMessage()));
                            } else {
                                answer.complete(response(index, outcome));
                            }
                        });
        return answer;
    }

    private static PartitionProduceResponse response(int index, AppendOutcome outcome) {
        return switch (outcome) {
            case AppendOutcome.Appended appended ->
                    new PartitionProduceResponse()
                            .setIndex(index)
                            .setBaseOffset(appended.baseOffset())
                            .setLogAppendTimeMs(
                                    appended.logAppendTimeMs().orElse(RecordBatch.NO_TIMESTAMP))
                            .setLogStartOffset(appended.logStartOffset());
            case AppendOutcome.Duplicate duplicate ->
                    new PartitionProduceResponse()
                            .setIndex(index)
                            .setBaseOffset(duplicate.baseOffset())
                            .setLogAppendTimeMs(RecordBatch.NO_TIMESTAMP)
                            .setLogStartOffset(duplicate.logStartOffset());
            case AppendOutcome.Refused refused ->
                    error(index, refused.error(), refused.message())
                            .setRecordErrors(
                                    refused.faults().stream()
                                            .map(fault ->
                                                    new BatchIndexAndErrorMessage()
                                                            .setBatchIndex(fault.record())
                                                            .setBatchIndexErrorMessage(
                                                                    fault.message()))
                                            .toList());
        };
    }

    private static CompletableFuture<PartitionProduceResponse> elsewhere(
            int index, PartitionPlace.Elsewhere other, short version) {
        PartitionProduceResponse answer = error(index, Errors.NOT_LEADER_OR_FOLLOWER, null);
        if (version >= LEADER_IN_RESPONSE) {
            answer.setCurrentLeader(
                    new LeaderIdAndEpoch()
                            .setLeaderId(other.leader().orElse(-1))
                            .setLeaderEpoch(other.leaderEpoch().orElse(-1)));
        }
        return CompletableFuture.completedFuture(answer);
    }

    private static CompletableFuture<PartitionProduceResponse> refused(
            int index, Errors error, @Nullable String message) {
        return CompletableFuture.completedFuture(error(index, error, message));
    }

    private static PartitionProduceResponse error(
            int index, Errors error, @Nullable String message) {
        return new PartitionProduceResponse()
                .setIndex(index)
                .setErrorCode(error.code())
                .setErrorMessage(message == null ? error.message() : message)
                .setBaseOffset(ProduceResponse.INVALID_OFFSET)
                .setLogAppendTimeMs(RecordBatch.NO_TIMESTAMP)
                .setLogStartOffset(ProduceResponse.INVALID_OFFSET);
    }

    private @Nullable ProduceResponse answer(
            Request request, ProduceRequest body, List<TopicProduceResponse> topics, int pauseMs) {
        if (body.acks() == 0) {
            topics.stream()
                    .flatMap(topic -> topic.partitionResponses().stream())
                    .filter(partition -> partition.errorCode() != Errors.NONE.code())
                    .findFirst()
                    .ifPresent(refused -> {
                        throw Errors.forCode(refused.errorCode()).exception(refused.errorMessage());
                    });
            return null;
        }
        ProduceResponseData data = new ProduceResponseData().setThrottleTimeMs(pauseMs);
        data.responses().addAll(topics);
        if (body.version() >= LEADER_IN_RESPONSE) {
            addEndpoints(data, request.context().listenerName());
        }
        return new ProduceResponse(data);
    }

    private void addEndpoints(ProduceResponseData data, String listener) {
        List<Integer> named =
                data.responses().stream()
                        .flatMap(topic -> topic.partitionResponses().stream())
                        .map(partition -> partition.currentLeader().leaderId())
                        .filter(leader -> leader >= 0)
                        .distinct()
                        .toList();
        if (named.isEmpty()) {
            return;
        }
        for (Node node : leaders.nodes(listener)) {
            if (named.contains(node.id())) {
                data.nodeEndpoints()
                        .add(
                                new NodeEndpoint()
                                        .setNodeId(node.id())
                                        .setHost(node.host())
                                        .setPort(node.port())
                                        .setRack(node.rack()));
            }
        }
    }
}
