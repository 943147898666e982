// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.network.Request;
import io.varve.broker.network.RequestHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.jspecify.annotations.Nullable;

/// Every request of a Kafka client, sent to the handler of its family. Thread-safe; never blocks.
///
/// A request that is not served gets UNSUPPORTED_VERSION in its own response.
public final class KafkaApi implements RequestHandler {
    private final ApiVersionsHandler versions;
    private final MetadataHandler metadata;
    private final ProduceHandler produce;
    private final FetchHandler fetch;
    private final OffsetsHandler offsets;
    private final ProducerIdHandler producerIds;

    /// Builds all handlers over what they need.
    public KafkaApi(ApiParts parts) {
        Partitions partitions = new Partitions(parts.cluster());
        LeaderView leaders = new LeaderView(parts.cluster(), partitions);
        versions = new ApiVersionsHandler(parts.cluster());
        metadata = new MetadataHandler(parts.cluster(), partitions, leaders, parts.autoTopics());
        produce = new ProduceHandler(partitions, leaders, parts.rules(), parts.timer());
        fetch =
                new FetchHandler(
                        new FetchReader(partitions, leaders, parts.reads()),
                        parts.parking(),
                        parts.workers(),
                        parts.clock(),
                        parts.fetchBytesMax());
        offsets = new OffsetsHandler(partitions, parts.reads());
        producerIds = new ProducerIdHandler(parts.producerIds());
    }

    @Override
    public CompletionStage<@Nullable AbstractResponse> handle(Request request) {
        return switch (request.body()) {
            case ApiVersionsRequest body -> Answers.now(versions.apiVersions(body));
            case ProduceRequest body -> widen(produce.produce(request, body));
            case FetchRequest body -> widen(fetch.fetch(request, body));
            case MetadataRequest body ->
                    widen(metadata.metadata(body, request.context().listenerName()));
            case ListOffsetsRequest body -> widen(offsets.listOffsets(body));
            case OffsetsForLeaderEpochRequest body ->
                    Answers.now(offsets.offsetForLeaderEpoch(body));
            case InitProducerIdRequest body -> widen(producerIds.initProducerId(body));
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
