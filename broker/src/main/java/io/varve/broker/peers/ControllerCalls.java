// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.peers;

import io.varve.broker.config.Endpoint;
import io.varve.broker.config.HostPort;
import io.varve.broker.metadata.BrokerIdentity;
import io.varve.broker.metadata.Controller;
import io.varve.broker.metadata.NewTopic;
import io.varve.broker.metadata.ProducerIdBlock;
import io.varve.broker.metadata.Registration;
import io.varve.broker.metadata.ShardReport;
import io.varve.broker.metadata.TopicResult;
import io.varve.broker.metadata.TopicToRestore;
import io.varve.broker.raft.PeerHandler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AllocateProducerIdsResponseData;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/// What a controller is asked by other brokers, in Kafka's own messages, both ways of each. A
/// broker that is not the controller fails the call, so that the asker tries the next. Stateless.
final class ControllerCalls {
    static final String REGISTER = "register";
    static final String HEARTBEAT = "heartbeat";
    static final String REPORT = "report";
    static final String PRODUCER_IDS = "producer-ids";
    static final String CREATE_TOPICS = "create-topics";
    static final String RESTORE_TOPIC = "restore-topic";
    static final String CHECK_RESTORE = "check-restore-topic";

    private ControllerCalls() {}

    static Map<String, PeerHandler> handlers(Controller controller) {
        Map<String, PeerHandler> handlers = new HashMap<>();
        handlers.put(
                REGISTER,
                request ->
                        controller
                                .registerBroker(identity(request))
                                .thenApply(ControllerCalls::registrationAnswer));
        handlers.put(
                HEARTBEAT,
                request -> {
                    BrokerHeartbeatRequestData beat =
                            new BrokerHeartbeatRequestData(
                                    accessor(request),
                                    BrokerHeartbeatRequestData.HIGHEST_SUPPORTED_VERSION);
                    return controller
                            .heartbeat(
                                    beat.brokerId(),
                                    beat.brokerEpoch(),
                                    beat.currentMetadataOffset(),
                                    beat.wantShutDown())
                            .thenApply(ControllerCalls::heartbeatAnswer);
                });
        handlers.put(
                REPORT,
                request ->
                        controller
                                .report(reportOf(request))
                                .thenApply(ControllerCalls::reportAnswer));
        handlers.put(
                PRODUCER_IDS,
                request ->
                        controller.producerIdBlock().thenApply(ControllerCalls::producerIdsAnswer));
        handlers.put(
                CREATE_TOPICS,
                request -> {
                    CreateTopicsRequestData asked =
                            new CreateTopicsRequestData(
                                    accessor(request),
                                    CreateTopicsRequestData.HIGHEST_SUPPORTED_VERSION);
                    return controller
                            .createTopics(topicsOf(asked), asked.validateOnly())
                            .thenApply(ControllerCalls::createdAnswer);
                });
        handlers.put(RESTORE_TOPIC, request -> restore(controller, request, false));
        handlers.put(CHECK_RESTORE, request -> restore(controller, request, true));
        return Map.copyOf(handlers);
    }

    private static CompletableFuture<byte[]> restore(
            Controller controller, byte[] request, boolean validateOnly) {
        return controller
                .restoreTopic(TopicToRestore.fromJson(request), validateOnly)
                .thenApply(result -> createdAnswer(List.of(result)));
    }

    private static ByteBufferAccessor accessor(byte[] bytes) {
        return new ByteBufferAccessor(ByteBuffer.wrap(bytes));
    }

    private static byte[] bytes(Message message, short version) {
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static void requireController(ApiError error) {
        if (error.is(Errors.NOT_CONTROLLER)) {
            throw Errors.NOT_CONTROLLER.exception(error.message());
        }
    }

    // --- register

    static byte[] registration(String clusterId, BrokerIdentity broker) {
        BrokerRegistrationRequestData data =
                new BrokerRegistrationRequestData()
                        .setBrokerId(broker.nodeId())
                        .setClusterId(clusterId)
                        .setIncarnationId(broker.incarnation())
                        .setRack(broker.rack().orElse(null))
                        .setLogDirs(List.of(broker.peerBits()));
        data.listeners()
                .add(
                        new BrokerRegistrationRequestData.Listener()
                                .setName(BrokerIdentity.RAFT_LISTENER)
                                .setHost(broker.raft().host())
                                .setPort(broker.raft().port())
                                .setSecurityProtocol(SecurityProtocol.PLAINTEXT.id));
        for (Endpoint endpoint : broker.advertised()) {
            data.listeners()
                    .add(
                            new BrokerRegistrationRequestData.Listener()
                                    .setName(endpoint.name())
                                    .setHost(endpoint.host())
                                    .setPort(endpoint.port())
                                    .setSecurityProtocol(endpoint.protocol().id));
        }
        return bytes(data, BrokerRegistrationRequestData.HIGHEST_SUPPORTED_VERSION);
    }

    private static BrokerIdentity identity(byte[] request) {
        BrokerRegistrationRequestData data =
                new BrokerRegistrationRequestData(
                        accessor(request), BrokerRegistrationRequestData.HIGHEST_SUPPORTED_VERSION);
        List<Endpoint> advertised = new ArrayList<>();
        HostPort raft = new HostPort("", 0);
        for (BrokerRegistrationRequestData.Listener listener : data.listeners()) {
            if (listener.name().equals(BrokerIdentity.RAFT_LISTENER)) {
                raft = new HostPort(listener.host(), listener.port());
            } else {
                advertised.add(
                        new Endpoint(
                                listener.name(),
                                SecurityProtocol.forId(listener.securityProtocol()),
                                listener.host(),
                                listener.port()));
            }
        }
        return new BrokerIdentity(
                data.brokerId(),
                data.incarnationId(),
                data.logDirs().isEmpty() ? Uuid.ZERO_UUID : data.logDirs().getFirst(),
                raft,
                Optional.ofNullable(data.rack()),
                advertised);
    }

    private static byte[] registrationAnswer(Registration registration) {
        requireController(registration.error());
        return bytes(
                new BrokerRegistrationResponseData()
                        .setErrorCode(registration.error().error().code())
                        .setBrokerEpoch(registration.brokerEpoch()),
                BrokerRegistrationResponseData.HIGHEST_SUPPORTED_VERSION);
    }

    static Registration registered(byte[] answer) {
        BrokerRegistrationResponseData data =
                new BrokerRegistrationResponseData(
                        accessor(answer), BrokerRegistrationResponseData.HIGHEST_SUPPORTED_VERSION);
        return new Registration(
                data.brokerEpoch(), true, new ApiError(Errors.forCode(data.errorCode())));
    }

    // --- heartbeat

    static byte[] heartbeat(int nodeId, long brokerEpoch, long appliedEnd, boolean stopping) {
        return bytes(
                new BrokerHeartbeatRequestData()
                        .setBrokerId(nodeId)
                        .setBrokerEpoch(brokerEpoch)
                        .setCurrentMetadataOffset(appliedEnd)
                        .setWantShutDown(stopping),
                BrokerHeartbeatRequestData.HIGHEST_SUPPORTED_VERSION);
    }

    private static byte[] heartbeatAnswer(Registration registration) {
        requireController(registration.error());
        return bytes(
                new BrokerHeartbeatResponseData()
                        .setErrorCode(registration.error().error().code())
                        .setIsFenced(registration.fenced()),
                BrokerHeartbeatResponseData.HIGHEST_SUPPORTED_VERSION);
    }

    static Registration beaten(long brokerEpoch, byte[] answer) {
        BrokerHeartbeatResponseData data =
                new BrokerHeartbeatResponseData(
                        accessor(answer), BrokerHeartbeatResponseData.HIGHEST_SUPPORTED_VERSION);
        return new Registration(
                brokerEpoch, data.isFenced(), new ApiError(Errors.forCode(data.errorCode())));
    }

    // --- report

    static byte[] report(ShardReport report) {
        AlterPartitionRequestData.PartitionData shard =
                new AlterPartitionRequestData.PartitionData()
                        .setPartitionIndex(report.shard())
                        .setLeaderEpoch(Math.toIntExact(report.term()));
        report.inSync()
                .forEach(node ->
                        shard.newIsrWithEpochs()
                                .add(
                                        new AlterPartitionRequestData.BrokerState()
                                                .setBrokerId(node)));
        AlterPartitionRequestData data =
                new AlterPartitionRequestData().setBrokerId(report.leader());
        data.topics()
                .add(
                        new AlterPartitionRequestData.TopicData()
                                .setPartitions(new ArrayList<>(List.of(shard))));
        return bytes(data, AlterPartitionRequestData.HIGHEST_SUPPORTED_VERSION);
    }

    private static ShardReport reportOf(byte[] request) {
        AlterPartitionRequestData data =
                new AlterPartitionRequestData(
                        accessor(request), AlterPartitionRequestData.HIGHEST_SUPPORTED_VERSION);
        AlterPartitionRequestData.PartitionData shard =
                data.topics().getFirst().partitions().getFirst();
        return new ShardReport(
                shard.partitionIndex(),
                data.brokerId(),
                shard.leaderEpoch(),
                shard.newIsrWithEpochs().stream()
                        .map(AlterPartitionRequestData.BrokerState::brokerId)
                        .toList());
    }

    private static byte[] reportAnswer(ApiError error) {
        requireController(error);
        return bytes(
                new AlterPartitionResponseData().setErrorCode(error.error().code()),
                AlterPartitionResponseData.HIGHEST_SUPPORTED_VERSION);
    }

    static ApiError reported(byte[] answer) {
        AlterPartitionResponseData data =
                new AlterPartitionResponseData(
                        accessor(answer), AlterPartitionResponseData.HIGHEST_SUPPORTED_VERSION);
        return new ApiError(Errors.forCode(data.errorCode()));
    }

    // --- producer ids

    static byte[] producerIds() {
        return new byte[0];
    }

    private static byte[] producerIdsAnswer(ProducerIdBlock block) {
        requireController(block.error());
        return bytes(
                new AllocateProducerIdsResponseData()
                        .setErrorCode(block.error().error().code())
                        .setProducerIdStart(block.first())
                        .setProducerIdLen(Math.toIntExact(block.end() - block.first())),
                AllocateProducerIdsResponseData.HIGHEST_SUPPORTED_VERSION);
    }

    static ProducerIdBlock granted(byte[] answer) {
        AllocateProducerIdsResponseData data =
                new AllocateProducerIdsResponseData(
                        accessor(answer),
                        AllocateProducerIdsResponseData.HIGHEST_SUPPORTED_VERSION);
        return new ProducerIdBlock(
                data.producerIdStart(),
                data.producerIdStart() + data.producerIdLen(),
                new ApiError(Errors.forCode(data.errorCode())));
    }

    // --- create topics

    static byte[] newTopics(List<NewTopic> topics, boolean validateOnly) {
        CreateTopicsRequestData data = new CreateTopicsRequestData().setValidateOnly(validateOnly);
        for (NewTopic topic : topics) {
            CreateTopicsRequestData.CreatableTopic asked =
                    new CreateTopicsRequestData.CreatableTopic()
                            .setName(topic.name())
                            .setNumPartitions(topic.partitions())
                            .setReplicationFactor(topic.replicationFactor());
            topic.assignments()
                    .forEach((partition, brokers) ->
                            asked.assignments()
                                    .add(
                                            new CreateTopicsRequestData.CreatableReplicaAssignment()
                                                    .setPartitionIndex(partition)
                                                    .setBrokerIds(brokers)));
            topic.configs()
                    .forEach((name, value) ->
                            asked.configs()
                                    .add(
                                            new CreateTopicsRequestData.CreatableTopicConfig()
                                                    .setName(name)
                                                    .setValue(value)));
            data.topics().add(asked);
        }
        return bytes(data, CreateTopicsRequestData.HIGHEST_SUPPORTED_VERSION);
    }

    private static List<NewTopic> topicsOf(CreateTopicsRequestData data) {
        List<NewTopic> topics = new ArrayList<>();
        for (CreateTopicsRequestData.CreatableTopic asked : data.topics()) {
            Map<Integer, List<Integer>> assignments = new HashMap<>();
            asked.assignments()
                    .forEach(each -> assignments.put(each.partitionIndex(), each.brokerIds()));
            Map<String, String> configs = new HashMap<>();
            asked.configs()
                    .forEach(each ->
                            configs.put(each.name(), each.value() == null ? "" : each.value()));
            topics.add(
                    new NewTopic(
                            asked.name(),
                            asked.numPartitions(),
                            asked.replicationFactor(),
                            assignments,
                            configs));
        }
        return topics;
    }

    private static byte[] createdAnswer(List<TopicResult> results) {
        CreateTopicsResponseData data = new CreateTopicsResponseData();
        for (TopicResult result : results) {
            requireController(result.error());
            data.topics()
                    .add(
                            new CreateTopicsResponseData.CreatableTopicResult()
                                    .setName(result.name())
                                    .setTopicId(result.id())
                                    .setErrorCode(result.error().error().code())
                                    .setErrorMessage(result.error().message())
                                    .setNumPartitions(result.partitions())
                                    .setReplicationFactor(result.replicationFactor()));
        }
        return bytes(data, CreateTopicsResponseData.HIGHEST_SUPPORTED_VERSION);
    }

    static List<TopicResult> createdTopics(byte[] answer) {
        CreateTopicsResponseData data =
                new CreateTopicsResponseData(
                        accessor(answer), CreateTopicsResponseData.HIGHEST_SUPPORTED_VERSION);
        return data.topics().stream()
                .map(topic ->
                        new TopicResult(
                                topic.name(),
                                topic.topicId(),
                                new ApiError(
                                        Errors.forCode(topic.errorCode()), topic.errorMessage()),
                                topic.numPartitions(),
                                topic.replicationFactor()))
                .toList();
    }
}
