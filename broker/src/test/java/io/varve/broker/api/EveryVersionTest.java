// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.network.WireRequests;
import io.varve.broker.shard.Leadership;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Sends every request at every version that is advertised, once to a leader and once to a broker
/// that has lost leadership, and parses what comes back with Kafka's own classes. A field that must
/// not be set at a version makes the broker close the connection, and the test fail.
final class EveryVersionTest {
    private MemoryCluster cluster;
    private Uuid topicId;

    @BeforeEach
    void start() throws Exception {
        cluster = new MemoryCluster();
        topicId = cluster.createTopic("t", 2);
        cluster.ensureOffsetsTopic().get();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void answersEveryAdvertisedVersionOfEveryRequest() throws Exception {
        List<String> failed = new ArrayList<>();
        int answered = 0;
        for (Leadership leadership :
                List.of(
                        cluster.shard.leadership,
                        new Leadership.Elsewhere(OptionalInt.of(MemoryCluster.NODE_ID)))) {
            cluster.shard.leadership = leadership;
            for (ApiVersion range : ServedApis.advertised()) {
                ApiKeys key = ApiKeys.forId(range.apiKey());
                for (short v = key.oldestVersion(); v <= range.maxVersion(); v++) {
                    try {
                        AbstractResponse response = exchange(key, v, request(key, v));
                        assertThat(response.errorCounts())
                                .as(key + " v" + v)
                                .doesNotContainKey(Errors.UNKNOWN_SERVER_ERROR);
                        assertThat(response.errorCounts())
                                .as(key + " v" + v)
                                .doesNotContainKey(Errors.UNSUPPORTED_VERSION);
                        answered++;
                    } catch (IOException | RuntimeException | AssertionError e) {
                        failed.add(key + " v" + v + ": " + e);
                    }
                }
            }
        }
        assertThat(failed).isEmpty();
        assertThat(answered).isGreaterThan(200);
    }

    @Test
    void advertisesWhatItServesAndNothingElse() throws Exception {
        ApiVersionsResponse response =
                (ApiVersionsResponse)
                        exchange(
                                ApiKeys.API_VERSIONS,
                                (short) 4,
                                request(ApiKeys.API_VERSIONS, (short) 4));

        assertThat(response.data().apiKeys())
                .extracting(ApiVersion::apiKey)
                .containsExactlyInAnyOrderElementsOf(
                        ServedApis.KEYS.stream().map(key -> key.id).toList());
        assertThat(response.apiVersion(ApiKeys.PRODUCE.id).minVersion()).isZero();
        assertThat(response.apiVersion(ApiKeys.ADD_PARTITIONS_TO_TXN.id)).isNull();
        assertThat(response.apiVersion(ApiKeys.INIT_PRODUCER_ID.id).maxVersion())
                .isEqualTo((short) 5);
    }

    @Test
    void refusesWhatItDoesNotServeWithAnErrorOfThatRequest() throws Exception {
        AbstractResponse response =
                exchange(
                        ApiKeys.END_TXN,
                        (short) 3,
                        new EndTxnRequestData().setTransactionalId("x").setProducerId(1));

        assertThat(response.errorCounts()).containsOnlyKeys(Errors.UNSUPPORTED_VERSION);
    }

    @Test
    void refusesTransactionalProducersAndFollowersAndSessions() throws Exception {
        assertThat(
                        exchange(
                                        ApiKeys.INIT_PRODUCER_ID,
                                        (short) 4,
                                        new InitProducerIdRequestData()
                                                .setTransactionalId("x")
                                                .setTransactionTimeoutMs(1000))
                                .errorCounts())
                .containsOnlyKeys(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        FetchRequestData follower = (FetchRequestData) request(ApiKeys.FETCH, (short) 12);
        assertThat(exchange(ApiKeys.FETCH, (short) 12, follower.setReplicaId(2)).errorCounts())
                .containsKey(Errors.CLUSTER_AUTHORIZATION_FAILED);
        FetchRequestData session = (FetchRequestData) request(ApiKeys.FETCH, (short) 12);
        assertThat(
                        exchange(
                                        ApiKeys.FETCH,
                                        (short) 12,
                                        session.setSessionId(5).setSessionEpoch(1))
                                .errorCounts())
                .containsKey(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    @Test
    void fencesClientsOfAnotherEpoch() throws Exception {
        for (int offset : new int[] {-1, 1}) {
            FetchRequestData fetch = (FetchRequestData) request(ApiKeys.FETCH, (short) 12);
            fetch.topics()
                    .getFirst()
                    .partitions()
                    .getFirst()
                    .setCurrentLeaderEpoch(MemoryShard.LEADER_EPOCH + offset);
            Errors expected = offset < 0 ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;

            assertThat(exchange(ApiKeys.FETCH, (short) 12, fetch).errorCounts())
                    .containsKey(expected);
        }
    }

    @Test
    void refusesBytesThatAreNoRecords() throws Exception {
        ProduceRequestData produce = (ProduceRequestData) request(ApiKeys.PRODUCE, (short) 9);
        ByteBuffer batch = records().buffer();
        batch.put(batch.limit() - 1, (byte) (batch.get(batch.limit() - 1) + 1));
        produce.topicData()
                .iterator()
                .next()
                .partitionData()
                .getFirst()
                .setRecords(MemoryRecords.readableRecords(batch));

        assertThat(exchange(ApiKeys.PRODUCE, (short) 9, produce).errorCounts())
                .containsKey(Errors.CORRUPT_MESSAGE);

        produce.topicData()
                .iterator()
                .next()
                .partitionData()
                .getFirst()
                .setRecords(MemoryRecords.EMPTY);
        assertThat(exchange(ApiKeys.PRODUCE, (short) 9, produce).errorCounts())
                .containsKey(Errors.INVALID_RECORD);
        assertThat(exchange(ApiKeys.PRODUCE, (short) 9, produce.setAcks((short) 2)).errorCounts())
                .containsKey(Errors.INVALID_REQUIRED_ACKS);
    }

    private static MemoryRecords records() {
        return MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord(1, "v".getBytes(UTF_8)));
    }

    private ApiMessage request(ApiKeys key, short v) {
        return switch (key) {
            case API_VERSIONS ->
                    new ApiVersionsRequestData()
                            .setClientSoftwareName("test")
                            .setClientSoftwareVersion("1");
            case METADATA -> {
                MetadataRequestData data =
                        new MetadataRequestData()
                                .setTopics(
                                        new ArrayList<>(
                                                List.of(
                                                        new MetadataRequestData
                                                                        .MetadataRequestTopic()
                                                                .setName("t"),
                                                        new MetadataRequestData
                                                                        .MetadataRequestTopic()
                                                                .setName("not there"))));
                if (v >= 12) {
                    data.topics()
                            .add(
                                    new MetadataRequestData.MetadataRequestTopic()
                                            .setName(null)
                                            .setTopicId(topicId));
                    data.topics()
                            .add(
                                    new MetadataRequestData.MetadataRequestTopic()
                                            .setName(null)
                                            .setTopicId(new Uuid(9, 9)));
                }
                yield v >= 8 ? data.setIncludeTopicAuthorizedOperations(true) : data;
            }
            case DESCRIBE_TOPIC_PARTITIONS ->
                    new DescribeTopicPartitionsRequestData()
                            .setTopics(
                                    List.of(
                                            new DescribeTopicPartitionsRequestData.TopicRequest()
                                                    .setName("t")));
            case DESCRIBE_CLUSTER ->
                    new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true);
            case CREATE_TOPICS -> {
                var topics = new CreateTopicsRequestData.CreatableTopicCollection();
                topics.add(
                        new CreateTopicsRequestData.CreatableTopic()
                                .setName("made-" + cluster.image().offset())
                                .setNumPartitions(1)
                                .setReplicationFactor((short) 1));
                topics.add(
                        new CreateTopicsRequestData.CreatableTopic()
                                .setName("t")
                                .setNumPartitions(1)
                                .setReplicationFactor((short) 1));
                yield new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(1000);
            }
            case DELETE_TOPICS ->
                    v >= 6
                            ? new DeleteTopicsRequestData()
                                    .setTopics(
                                            List.of(
                                                    new DeleteTopicsRequestData.DeleteTopicState()
                                                            .setName("none"),
                                                    new DeleteTopicsRequestData.DeleteTopicState()
                                                            .setName(null)
                                                            .setTopicId(new Uuid(9, 9))))
                            : new DeleteTopicsRequestData().setTopicNames(List.of("none"));
            case CREATE_PARTITIONS -> {
                var topics = new CreatePartitionsRequestData.CreatePartitionsTopicCollection();
                topics.add(
                        new CreatePartitionsRequestData.CreatePartitionsTopic()
                                .setName("t")
                                .setCount(2)
                                .setAssignments(null));
                yield new CreatePartitionsRequestData().setTopics(topics).setTimeoutMs(1000);
            }
            case DESCRIBE_CONFIGS -> {
                DescribeConfigsRequestData data =
                        new DescribeConfigsRequestData()
                                .setIncludeSynonyms(true)
                                .setResources(
                                        List.of(
                                                resource((byte) 2, "t"),
                                                resource((byte) 4, "1"),
                                                resource((byte) 2, "none"),
                                                resource((byte) 32, "g")));
                yield v >= 3 ? data.setIncludeDocumentation(true) : data;
            }
            case INCREMENTAL_ALTER_CONFIGS -> {
                var configs = new IncrementalAlterConfigsRequestData.AlterableConfigCollection();
                configs.add(
                        new IncrementalAlterConfigsRequestData.AlterableConfig()
                                .setName("retention.ms")
                                .setValue("1000"));
                var resources =
                        new IncrementalAlterConfigsRequestData.AlterConfigsResourceCollection();
                resources.add(
                        new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                                .setResourceType((byte) 2)
                                .setResourceName("t")
                                .setConfigs(configs));
                yield new IncrementalAlterConfigsRequestData().setResources(resources);
            }
            case LIST_CONFIG_RESOURCES -> new ListConfigResourcesRequestData();
            case DESCRIBE_LOG_DIRS -> new DescribeLogDirsRequestData().setTopics(null);
            case PRODUCE -> {
                var topics = new ProduceRequestData.TopicProduceDataCollection();
                var topic =
                        v >= 13
                                ? new ProduceRequestData.TopicProduceData().setTopicId(topicId)
                                : new ProduceRequestData.TopicProduceData().setName("t");
                topics.add(
                        topic.setPartitionData(
                                List.of(
                                        new ProduceRequestData.PartitionProduceData()
                                                .setIndex(0)
                                                .setRecords(records()),
                                        new ProduceRequestData.PartitionProduceData()
                                                .setIndex(77)
                                                .setRecords(records()))));
                yield new ProduceRequestData()
                        .setAcks((short) -1)
                        .setTimeoutMs(1000)
                        .setTopicData(topics);
            }
            case FETCH -> {
                var topic =
                        v >= 13
                                ? new FetchRequestData.FetchTopic().setTopicId(topicId)
                                : new FetchRequestData.FetchTopic().setTopic("t");
                FetchRequestData data =
                        new FetchRequestData()
                                .setMaxWaitMs(0)
                                .setMinBytes(1)
                                .setMaxBytes(1 << 20)
                                .setIsolationLevel((byte) (v % 2))
                                .setTopics(
                                        List.of(
                                                topic.setPartitions(
                                                        List.of(
                                                                new FetchRequestData
                                                                                .FetchPartition()
                                                                        .setPartition(0)
                                                                        .setPartitionMaxBytes(
                                                                                1 << 20),
                                                                new FetchRequestData
                                                                                .FetchPartition()
                                                                        .setPartition(77)
                                                                        .setPartitionMaxBytes(
                                                                                1 << 20)))));
                yield v < 15 ? data.setReplicaId(-1) : data;
            }
            case LIST_OFFSETS ->
                    new ListOffsetsRequestData()
                            .setReplicaId(-1)
                            .setTopics(
                                    List.of(
                                            new ListOffsetsRequestData.ListOffsetsTopic()
                                                    .setName("t")
                                                    .setPartitions(
                                                            List.of(
                                                                    new ListOffsetsRequestData
                                                                                    .ListOffsetsPartition()
                                                                            .setPartitionIndex(0)
                                                                            .setTimestamp(-1),
                                                                    new ListOffsetsRequestData
                                                                                    .ListOffsetsPartition()
                                                                            .setPartitionIndex(77)
                                                                            .setTimestamp(-2)))));
            case OFFSET_FOR_LEADER_EPOCH -> {
                var topics = new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
                topics.add(
                        new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                                .setTopic("t")
                                .setPartitions(
                                        List.of(
                                                new OffsetForLeaderEpochRequestData
                                                                .OffsetForLeaderPartition()
                                                        .setPartition(0)
                                                        .setLeaderEpoch(
                                                                MemoryShard.LEADER_EPOCH))));
                yield new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics);
            }
            case DELETE_RECORDS ->
                    new DeleteRecordsRequestData()
                            .setTimeoutMs(1000)
                            .setTopics(
                                    List.of(
                                            new DeleteRecordsRequestData.DeleteRecordsTopic()
                                                    .setName("t")
                                                    .setPartitions(
                                                            List.of(
                                                                    new DeleteRecordsRequestData
                                                                                    .DeleteRecordsPartition()
                                                                            .setPartitionIndex(1)
                                                                            .setOffset(-1)))));
            case INIT_PRODUCER_ID ->
                    new InitProducerIdRequestData()
                            .setTransactionalId(null)
                            .setTransactionTimeoutMs(1000);
            default -> groupRequest(key, v);
        };
    }

    private static DescribeConfigsRequestData.DescribeConfigsResource resource(
            byte type, String name) {
        return new DescribeConfigsRequestData.DescribeConfigsResource()
                .setResourceType(type)
                .setResourceName(name)
                .setConfigurationKeys(null);
    }

    private ApiMessage groupRequest(ApiKeys key, short v) {
        return switch (key) {
            case FIND_COORDINATOR ->
                    v >= 4
                            ? new FindCoordinatorRequestData().setCoordinatorKeys(List.of("g"))
                            : new FindCoordinatorRequestData().setKey("g");
            case JOIN_GROUP -> {
                var protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
                protocols.add(
                        new JoinGroupRequestData.JoinGroupRequestProtocol()
                                .setName("range")
                                .setMetadata(new byte[1]));
                yield new JoinGroupRequestData()
                        .setGroupId("g" + v)
                        .setSessionTimeoutMs(10_000)
                        .setRebalanceTimeoutMs(v >= 1 ? 1000 : -1)
                        .setProtocolType("consumer")
                        .setProtocols(protocols);
            }
            case SYNC_GROUP ->
                    new SyncGroupRequestData()
                            .setGroupId("g")
                            .setMemberId("m")
                            .setGenerationId(1)
                            .setProtocolType(v >= 5 ? "consumer" : null)
                            .setProtocolName(v >= 5 ? "range" : null);
            case HEARTBEAT -> new HeartbeatRequestData().setGroupId("g").setMemberId("m");
            case LEAVE_GROUP ->
                    v >= 3
                            ? new LeaveGroupRequestData()
                                    .setGroupId("g")
                                    .setMembers(
                                            List.of(
                                                    new LeaveGroupRequestData.MemberIdentity()
                                                            .setMemberId("m")))
                            : new LeaveGroupRequestData().setGroupId("g").setMemberId("m");
            case OFFSET_COMMIT -> {
                var topic =
                        v >= 10
                                ? new OffsetCommitRequestData.OffsetCommitRequestTopic()
                                        .setTopicId(topicId)
                                : new OffsetCommitRequestData.OffsetCommitRequestTopic()
                                        .setName("t");
                var unknown =
                        v >= 10
                                ? new OffsetCommitRequestData.OffsetCommitRequestTopic()
                                        .setTopicId(new Uuid(9, 9))
                                : new OffsetCommitRequestData.OffsetCommitRequestTopic()
                                        .setName("none");
                var partition =
                        new OffsetCommitRequestData.OffsetCommitRequestPartition()
                                .setPartitionIndex(0)
                                .setCommittedOffset(3);
                yield new OffsetCommitRequestData()
                        .setGroupId("offsets")
                        .setTopics(
                                List.of(
                                        topic.setPartitions(List.of(partition)),
                                        unknown.setPartitions(List.of(partition.duplicate()))));
            }
            case OFFSET_FETCH -> {
                if (v < 8) {
                    yield new OffsetFetchRequestData()
                            .setGroupId("offsets")
                            .setTopics(
                                    List.of(
                                            new OffsetFetchRequestData.OffsetFetchRequestTopic()
                                                    .setName("t")
                                                    .setPartitionIndexes(List.of(0))));
                }
                var topic =
                        v >= 10
                                ? new OffsetFetchRequestData.OffsetFetchRequestTopics()
                                        .setTopicId(topicId)
                                : new OffsetFetchRequestData.OffsetFetchRequestTopics()
                                        .setName("t");
                yield new OffsetFetchRequestData()
                        .setGroups(
                                List.of(
                                        new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                                .setGroupId("offsets")
                                                .setTopics(
                                                        List.of(
                                                                topic.setPartitionIndexes(
                                                                        List.of(0)))),
                                        new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                                .setGroupId("all")
                                                .setTopics(null)));
            }
            case OFFSET_DELETE -> {
                var topics = new OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection();
                topics.add(
                        new OffsetDeleteRequestData.OffsetDeleteRequestTopic()
                                .setName("t")
                                .setPartitions(
                                        List.of(
                                                new OffsetDeleteRequestData
                                                                .OffsetDeleteRequestPartition()
                                                        .setPartitionIndex(0),
                                                new OffsetDeleteRequestData
                                                                .OffsetDeleteRequestPartition()
                                                        .setPartitionIndex(77))));
                yield new OffsetDeleteRequestData().setGroupId("offsets").setTopics(topics);
            }
            case DESCRIBE_GROUPS -> {
                DescribeGroupsRequestData data =
                        new DescribeGroupsRequestData().setGroups(List.of("g"));
                yield v >= 3 ? data.setIncludeAuthorizedOperations(true) : data;
            }
            case LIST_GROUPS -> new ListGroupsRequestData();
            case DELETE_GROUPS -> new DeleteGroupsRequestData().setGroupsNames(List.of("none"));
            case CONSUMER_GROUP_HEARTBEAT ->
                    new ConsumerGroupHeartbeatRequestData()
                            .setGroupId("modern" + v)
                            .setMemberId(v >= 1 ? "member" : "")
                            .setMemberEpoch(0)
                            .setRebalanceTimeoutMs(1000)
                            .setSubscribedTopicNames(List.of("t"))
                            .setTopicPartitions(List.of());
            case CONSUMER_GROUP_DESCRIBE ->
                    new ConsumerGroupDescribeRequestData()
                            .setGroupIds(List.of("modern1"))
                            .setIncludeAuthorizedOperations(true);
            default -> throw new IllegalArgumentException("no request in this test: key=" + key);
        };
    }

    private AbstractResponse exchange(ApiKeys key, short version, ApiMessage body)
            throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), cluster.port())) {
            socket.setSoTimeout(20_000);
            RequestHeader header = new RequestHeader(key, version, "test", 5);
            ByteBuffer request = WireRequests.serialize(header, body);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(request.remaining());
            byte[] bytes = new byte[request.remaining()];
            request.get(bytes);
            out.write(bytes);
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] response = new byte[in.readInt()];
            in.readFully(response);
            return AbstractResponse.parseResponse(ByteBuffer.wrap(response), header);
        }
    }
}
