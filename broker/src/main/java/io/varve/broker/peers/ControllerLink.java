// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.peers;

import io.varve.broker.config.HostPort;
import io.varve.broker.metadata.BrokerIdentity;
import io.varve.broker.metadata.Controller;
import io.varve.broker.metadata.NewTopic;
import io.varve.broker.metadata.ProducerIdBlock;
import io.varve.broker.metadata.Registration;
import io.varve.broker.metadata.ShardReport;
import io.varve.broker.metadata.TopicResult;
import io.varve.broker.metadata.TopicToRestore;
import io.varve.broker.raft.PeerClient;
import io.varve.broker.raft.PeerHandler;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/// The controller, wherever it is: on this broker, or asked over the network. Answers of the typed
/// methods never fail, they carry errors. Thread-safe; nothing blocks.
public final class ControllerLink {
    private static final Duration ASK_LIMIT = Duration.ofSeconds(5);

    /// Changes wait for partitions to open, see [Controller#createTopics].
    private static final Duration CHANGE_LIMIT = Duration.ofSeconds(35);

    private final Controller local;
    private final Map<String, PeerHandler> handlers;
    private final PeerView peers;
    private final PeerClient client;

    /// @param local this broker's own, active or not
    public ControllerLink(Controller local, PeerView peers, PeerClient client) {
        this.local = local;
        this.handlers = ControllerCalls.handlers(local);
        this.peers = peers;
        this.client = client;
    }

    /// What other brokers may ask this one, which answers when it is the controller.
    public Map<String, PeerHandler> handlers() {
        return handlers;
    }

    /// Asks the controller, here or elsewhere.
    private CompletableFuture<byte[]> ask(String method, byte[] request, Duration limit) {
        PeerHandler handler = handlers.get(method);
        return local.active() && handler != null
                ? handler.answer(request).toCompletableFuture()
                : askOther(method, request, limit);
    }

    /// Asks the controller on another broker; when it is not known, everybody who may be it in
    /// turn.
    ///
    /// @return fails when nobody answered as the controller
    public CompletableFuture<byte[]> askOther(String method, byte[] request, Duration limit) {
        return ask(method, request, limit, peers.controllers().iterator());
    }

    private CompletableFuture<byte[]> ask(
            String method, byte[] request, Duration limit, Iterator<HostPort> left) {
        if (!left.hasNext()) {
            return CompletableFuture.failedFuture(
                    new NotControllerException("no controller is known or answers"));
        }
        return client.ask(left.next().toString(), method, request, limit)
                .exceptionallyCompose(error ->
                        left.hasNext()
                                ? ask(method, request, limit, left)
                                : CompletableFuture.failedFuture(error));
    }

    private static ApiError errorOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure;
        return new ApiError(Errors.NOT_CONTROLLER, String.valueOf(cause.getMessage()));
    }

    public CompletableFuture<Registration> register(String clusterId, BrokerIdentity broker) {
        return ask(
                        ControllerCalls.REGISTER,
                        ControllerCalls.registration(clusterId, broker),
                        ASK_LIMIT)
                .thenApply(ControllerCalls::registered)
                .exceptionally(error -> Registration.failed(errorOf(error)));
    }

    public CompletableFuture<Registration> heartbeat(
            int nodeId, long brokerEpoch, long appliedEnd, boolean stopping) {
        return ask(
                        ControllerCalls.HEARTBEAT,
                        ControllerCalls.heartbeat(nodeId, brokerEpoch, appliedEnd, stopping),
                        ASK_LIMIT)
                .thenApply(answer -> ControllerCalls.beaten(brokerEpoch, answer))
                .exceptionally(error -> Registration.failed(errorOf(error)));
    }

    public CompletableFuture<ApiError> report(ShardReport report) {
        return ask(ControllerCalls.REPORT, ControllerCalls.report(report), ASK_LIMIT)
                .thenApply(ControllerCalls::reported)
                .exceptionally(ControllerLink::errorOf);
    }

    public CompletableFuture<ProducerIdBlock> producerIdBlock() {
        return ask(ControllerCalls.PRODUCER_IDS, ControllerCalls.producerIds(), ASK_LIMIT)
                .thenApply(ControllerCalls::granted)
                .exceptionally(error -> ProducerIdBlock.failed(errorOf(error)));
    }

    /// @see Controller#createTopics
    public CompletableFuture<List<TopicResult>> createTopics(
            List<NewTopic> topics, boolean validateOnly) {
        return ask(
                        ControllerCalls.CREATE_TOPICS,
                        ControllerCalls.newTopics(topics, validateOnly),
                        CHANGE_LIMIT)
                .thenApply(ControllerCalls::createdTopics)
                .exceptionally(error ->
                        topics.stream()
                                .map(topic -> TopicResult.failed(topic.name(), errorOf(error)))
                                .toList());
    }

    /// @see Controller#restoreTopic
    public CompletableFuture<TopicResult> restoreTopic(TopicToRestore topic, boolean validateOnly) {
        return ask(
                        validateOnly
                                ? ControllerCalls.CHECK_RESTORE
                                : ControllerCalls.RESTORE_TOPIC,
                        topic.toJson(),
                        CHANGE_LIMIT)
                .thenApply(answer -> ControllerCalls.createdTopics(answer).getFirst())
                .exceptionally(error -> TopicResult.failed(topic.name(), errorOf(error)));
    }

    /// Makes `__consumer_offsets` exist, with as many replicas as asked for and brokers allow.
    ///
    /// @param configs as the group coordinator wants them
    public CompletableFuture<ApiError> ensureOffsetsTopic(Map<String, String> configs) {
        if (peers.metadata().topic(Topic.GROUP_METADATA_TOPIC_NAME).isPresent()) {
            return CompletableFuture.completedFuture(ApiError.NONE);
        }
        return createTopics(List.of(local.offsetsTopic(configs)), false)
                .thenApply(results ->
                        results.getFirst().error().is(Errors.TOPIC_ALREADY_EXISTS)
                                ? ApiError.NONE
                                : results.getFirst().error());
    }
}
