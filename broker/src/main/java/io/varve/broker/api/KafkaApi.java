// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.network.Request;
import io.varve.broker.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.jspecify.annotations.Nullable;

/// Every request of a Kafka client, sent to the handler of its family. Thread-safe; never blocks.
///
/// A request that is not served gets UNSUPPORTED_VERSION in its own response.
public final class KafkaApi implements RequestHandler {
    private final ApiVersionsHandler versions;
    private final MetadataHandler metadata;
    private final ClusterHandler cluster;
    private final TopicsHandler topics;
    private final ConfigsHandler configs;
    private final ProduceHandler produce;
    private final FetchHandler fetch;
    private final OffsetsHandler offsets;
    private final DeleteRecordsHandler deleteRecords;
    private final ProducerIdHandler producerIds;
    private final CoordinatorHandler coordinators;
    private final GroupsHandler groups;
    private final GroupOffsetsHandler groupOffsets;
    private final Executor workers;
    private final RequestForwarding forwarding;

    /// Builds all handlers over what they need.
    public KafkaApi(ApiParts parts) {
        Partitions partitions = new Partitions(parts.cluster());
        LeaderView leaders = new LeaderView(parts.cluster(), partitions);
        versions = new ApiVersionsHandler(parts.cluster());
        metadata = new MetadataHandler(parts.cluster(), partitions, leaders, parts.changes());
        cluster = new ClusterHandler(parts.cluster(), partitions, leaders, parts.dataDirectory());
        topics = new TopicsHandler(parts.changes(), parts.configs());
        configs = new ConfigsHandler(parts.cluster(), partitions, parts.configs(), parts.changes());
        produce =
                new ProduceHandler(
                        partitions, leaders, parts.rules(), parts.admission(), parts.timer());
        fetch =
                new FetchHandler(
                        new FetchReader(partitions, leaders, parts.reads()),
                        parts.parking(),
                        parts.workers(),
                        parts.clock(),
                        parts.fetchBytesMax());
        offsets = new OffsetsHandler(partitions, parts.reads());
        deleteRecords = new DeleteRecordsHandler(partitions);
        producerIds = new ProducerIdHandler(parts.producerIds());
        coordinators = new CoordinatorHandler(parts.groups(), partitions, leaders, parts.changes());
        groups = new GroupsHandler(parts.groups());
        groupOffsets = new GroupOffsetsHandler(parts.groups(), partitions);
        workers = parts.workers();
        forwarding = parts.forwarding();
        forwarding.serve(this::change);
    }

    @Override
    public CompletionStage<@Nullable AbstractResponse> handle(Request request) {
        RequestContext context = request.context();
        if (!ServedApis.KEYS.contains(context.header.apiKey())) {
            return Answers.now(
                    request.body().getErrorResponse(Errors.UNSUPPORTED_VERSION.exception()));
        }
        return switch (request.body()) {
            case ProduceRequest body -> widen(produce.produce(request, body));
            case FetchRequest body -> widen(fetch.fetch(request, body));
            case ApiVersionsRequest body -> Answers.now(versions.apiVersions(body));
            case MetadataRequest body -> widen(metadata.metadata(body, context.listenerName()));
            case ListOffsetsRequest body -> widen(offsets.listOffsets(body));
            case OffsetsForLeaderEpochRequest body ->
                    Answers.now(offsets.offsetForLeaderEpoch(body));
            case InitProducerIdRequest body -> widen(producerIds.initProducerId(body));
            case DeleteRecordsRequest body -> widen(deleteRecords.deleteRecords(body));
            default -> admin(request, context);
        };
    }

    private CompletionStage<@Nullable AbstractResponse> admin(
            Request request, RequestContext context) {
        String listener = context.listenerName();
        return switch (request.body()) {
            case CreateTopicsRequest body -> controller(body);
            case DeleteTopicsRequest body -> controller(body);
            case CreatePartitionsRequest body -> controller(body);
            case IncrementalAlterConfigsRequest body -> controller(body);
            case DescribeConfigsRequest body -> Answers.on(workers, () -> configs.describe(body));
            case ListConfigResourcesRequest body -> Answers.on(workers, () -> configs.list(body));
            case DescribeClusterRequest body ->
                    Answers.now(cluster.describeCluster(body, listener));
            case DescribeTopicPartitionsRequest body ->
                    Answers.on(workers, () -> cluster.describeTopics(body, listener));
            case DescribeLogDirsRequest body ->
                    Answers.on(workers, () -> cluster.describeLogDirs(body));
            default -> group(request, context);
        };
    }

    /// What only the controller can do: here, or on the broker that is it.
    private CompletionStage<@Nullable AbstractResponse> controller(AbstractRequest body) {
        return forwarding.isController()
                ? change(body).thenApply(answer -> answer)
                : widen(forwarding.forward(body));
    }

    private CompletionStage<? extends AbstractResponse> change(AbstractRequest request) {
        return switch (request) {
            case CreateTopicsRequest body -> topics.createTopics(body);
            case DeleteTopicsRequest body -> topics.deleteTopics(body);
            case CreatePartitionsRequest body -> topics.createPartitions(body);
            case IncrementalAlterConfigsRequest body -> configs.alter(body);
            default ->
                    CompletableFuture.completedFuture(
                            request.getErrorResponse(Errors.UNSUPPORTED_VERSION.exception()));
        };
    }

    private CompletionStage<@Nullable AbstractResponse> group(
            Request request, RequestContext context) {
        return switch (request.body()) {
            case FindCoordinatorRequest body ->
                    widen(coordinators.find(body, context.listenerName()));
            case JoinGroupRequest body -> widen(groups.join(context, body));
            case SyncGroupRequest body -> widen(groups.sync(context, body));
            case HeartbeatRequest body -> widen(groups.heartbeat(context, body));
            case LeaveGroupRequest body -> widen(groups.leave(context, body));
            case ConsumerGroupHeartbeatRequest body ->
                    widen(groups.consumerHeartbeat(context, body));
            case ConsumerGroupDescribeRequest body ->
                    widen(groups.describeConsumerGroups(context, body));
            case DescribeGroupsRequest body -> widen(groups.describe(context, body));
            case ListGroupsRequest body -> widen(groups.list(context, body));
            case DeleteGroupsRequest body -> widen(groups.delete(context, body));
            case OffsetCommitRequest body -> widen(groupOffsets.commit(context, body));
            case OffsetFetchRequest body -> widen(groupOffsets.fetch(context, body));
            case OffsetDeleteRequest body -> widen(groupOffsets.delete(context, body));
            default ->
                    Answers.now(
                            request.body()
                                    .getErrorResponse(Errors.UNSUPPORTED_VERSION.exception()));
        };
    }

    private static CompletionStage<@Nullable AbstractResponse> widen(
            CompletableFuture<? extends @Nullable AbstractResponse> answer) {
        return answer.thenApply(response -> response);
    }
}
