// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;

/// FindCoordinator: a group's coordinator is the leader of its partition of `__consumer_offsets`,
/// which is created when somebody asks for the first time. Thread-safe.
final class CoordinatorHandler {
    private final GroupCoordinator groups;
    private final Partitions partitions;
    private final LeaderView leaders;
    private final ClusterChanges changes;

    CoordinatorHandler(
            GroupCoordinator groups,
            Partitions partitions,
            LeaderView leaders,
            ClusterChanges changes) {
        this.groups = groups;
        this.partitions = partitions;
        this.leaders = leaders;
        this.changes = changes;
    }

    CompletableFuture<FindCoordinatorResponse> find(
            FindCoordinatorRequest request, String listener) {
        if (request.data().keyType() != CoordinatorType.GROUP.id() || offsetsTopic().isPresent()) {
            return CompletableFuture.completedFuture(answer(request, listener));
        }
        return changes.ensureOffsetsTopic().thenApply(_ -> answer(request, listener));
    }

    private FindCoordinatorResponse answer(FindCoordinatorRequest request, String listener) {
        FindCoordinatorResponseData data = new FindCoordinatorResponseData();
        byte type = request.data().keyType();
        if (request.version() >= FindCoordinatorRequest.MIN_BATCHED_VERSION) {
            List<Coordinator> found =
                    request.data().coordinatorKeys().stream()
                            .map(key -> find(type, key, listener))
                            .toList();
            return new FindCoordinatorResponse(data.setCoordinators(found));
        }
        Coordinator found = find(type, request.data().key(), listener);
        return new FindCoordinatorResponse(
                data.setErrorCode(found.errorCode())
                        .setErrorMessage(found.errorMessage())
                        .setNodeId(found.nodeId())
                        .setHost(found.host())
                        .setPort(found.port()));
    }

    private Coordinator find(byte type, String key, String listener) {
        if (type == CoordinatorType.TRANSACTION.id()) {
            // The one answer that every client takes as final: librdkafka asks again after any
            // other error, until its init_transactions times out without a reason.
            return refused(
                    key,
                    Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                    "transactions are not supported by this broker");
        }
        if (type != CoordinatorType.GROUP.id()) {
            return refused(
                    key,
                    Errors.INVALID_REQUEST,
                    "no coordinator of this kind here: keyType=" + type);
        }
        Optional<TopicImage> topic = offsetsTopic();
        if (topic.isEmpty()) {
            return refused(
                    key, Errors.COORDINATOR_NOT_AVAILABLE, "the offsets topic does not exist yet");
        }
        int partition;
        try {
            partition = groups.partitionFor(key);
        } catch (ApiException notNow) {
            return refused(key, Errors.forException(notNow), String.valueOf(notNow.getMessage()));
        }
        PartitionRegistration registration = topic.get().partitions().get(partition);
        Optional<Node> node =
                registration == null
                        ? Optional.empty()
                        : leaders.node(leaders.leaderOf(topic.get(), partition).nodeId(), listener);
        return node.isEmpty()
                ? refused(
                        key, Errors.COORDINATOR_NOT_AVAILABLE, "no leader: partition=" + partition)
                : new Coordinator()
                        .setKey(key)
                        .setNodeId(node.get().id())
                        .setHost(node.get().host())
                        .setPort(node.get().port());
    }

    private Optional<TopicImage> offsetsTopic() {
        return partitions.topic(Topic.GROUP_METADATA_TOPIC_NAME, Uuid.ZERO_UUID);
    }

    private static Coordinator refused(String key, Errors error, String message) {
        return new Coordinator()
                .setKey(key)
                .setErrorCode(error.code())
                .setErrorMessage(message)
                .setNodeId(Node.noNode().id())
                .setHost(Node.noNode().host())
                .setPort(Node.noNode().port());
    }
}
