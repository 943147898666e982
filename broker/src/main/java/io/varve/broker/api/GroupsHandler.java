// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/// Membership of groups, classic and KIP-848: handed to Kafka's coordinator, which blocks nothing.
/// Thread-safe.
final class GroupsHandler {
    private static final short OPERATIONS_IN_DESCRIBE = 3;

    private final GroupCoordinator groups;

    GroupsHandler(GroupCoordinator groups) {
        this.groups = groups;
    }

    CompletableFuture<JoinGroupResponse> join(RequestContext context, JoinGroupRequest request) {
        return groups.joinGroup(context, request.data(), BufferSupplier.NO_CACHING)
                .thenApply(data -> new JoinGroupResponse(data, request.version()));
    }

    CompletableFuture<SyncGroupResponse> sync(RequestContext context, SyncGroupRequest request) {
        return groups.syncGroup(context, request.data(), BufferSupplier.NO_CACHING)
                .thenApply(SyncGroupResponse::new);
    }

    CompletableFuture<HeartbeatResponse> heartbeat(
            RequestContext context, HeartbeatRequest request) {
        return groups.heartbeat(context, request.data()).thenApply(HeartbeatResponse::new);
    }

    CompletableFuture<LeaveGroupResponse> leave(RequestContext context, LeaveGroupRequest request) {
        return groups.leaveGroup(context, request.normalizedData())
                .thenApply(data -> new LeaveGroupResponse(data, request.version()));
    }

    CompletableFuture<ConsumerGroupHeartbeatResponse> consumerHeartbeat(
            RequestContext context, ConsumerGroupHeartbeatRequest request) {
        return groups.consumerGroupHeartbeat(context, request.data())
                .thenApply(ConsumerGroupHeartbeatResponse::new);
    }

    CompletableFuture<ConsumerGroupDescribeResponse> describeConsumerGroups(
            RequestContext context, ConsumerGroupDescribeRequest request) {
        return groups.consumerGroupDescribe(context, request.data().groupIds())
                .thenApply(found -> {
                    if (request.data().includeAuthorizedOperations()) {
                        found.stream()
                                .filter(group -> group.errorCode() == Errors.NONE.code())
                                .forEach(group ->
                                        group.setAuthorizedOperations(
                                                Operations.all(ResourceType.GROUP)));
                    }
                    return new ConsumerGroupDescribeResponse(
                            new ConsumerGroupDescribeResponseData().setGroups(found));
                });
    }

    CompletableFuture<DescribeGroupsResponse> describe(
            RequestContext context, DescribeGroupsRequest request) {
        return groups.describeGroups(context, request.data().groups())
                .thenApply(found -> {
                    if (request.version() >= OPERATIONS_IN_DESCRIBE
                            && request.data().includeAuthorizedOperations()) {
                        found.stream()
                                .filter(group -> group.errorCode() == Errors.NONE.code())
                                .forEach(group ->
                                        group.setAuthorizedOperations(
                                                Operations.all(ResourceType.GROUP)));
                    }
                    return new DescribeGroupsResponse(
                            new DescribeGroupsResponseData().setGroups(found));
                });
    }

    CompletableFuture<ListGroupsResponse> list(RequestContext context, ListGroupsRequest request) {
        return groups.listGroups(context, request.data()).thenApply(ListGroupsResponse::new);
    }

    CompletableFuture<DeleteGroupsResponse> delete(
            RequestContext context, DeleteGroupsRequest request) {
        return groups.deleteGroups(context, request.data().groupsNames(), BufferSupplier.NO_CACHING)
                .thenApply(results ->
                        new DeleteGroupsResponse(
                                new DeleteGroupsResponseData().setResults(results)));
    }
}
