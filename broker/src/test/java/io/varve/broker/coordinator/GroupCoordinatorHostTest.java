// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.ConfigSources;
import io.varve.broker.config.TopicConfigs;
import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.manifest.PartitionId;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.metadata.MetadataRecords;
import io.varve.manifest.metadata.ShardDirectories;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupCoordinatorHostTest {
    private static final int PARTITIONS = 4;
    private static final Uuid OFFSETS = new Uuid(1, 1);
    private static final Uuid ORDERS = new Uuid(2, 2);
    private static final String GROUP = "g";

    private final MemoryOffsetsLog log = new MemoryOffsetsLog(PARTITIONS);
    private final ClusterMetadata metadata = new ClusterMetadata();
    private final List<GroupCoordinatorHost> hosts = new ArrayList<>();

    @AfterEach
    void close() {
        hosts.forEach(GroupCoordinatorHost::close);
    }

    @Test
    void aClassicGroupJoinsCommitsAndFetches() throws Exception {
        GroupCoordinatorHost host = started(Optional.empty());
        String member = join(host);

        assertThat(commit(host, member, 42)).isEqualTo(Errors.NONE);
        assertThat(fetch(host)).isEqualTo(42);
    }

    @Test
    void aConsumerGroupGetsItsPartitions() throws Exception {
        GroupCoordinatorHost host = started(Optional.empty());

        ConsumerGroupHeartbeatResponseData answer =
                get(
                        host.service()
                                .consumerGroupHeartbeat(
                                        context(ApiKeys.CONSUMER_GROUP_HEARTBEAT),
                                        new ConsumerGroupHeartbeatRequestData()
                                                .setGroupId("modern")
                                                .setMemberId(Uuid.randomUuid().toString())
                                                .setMemberEpoch(0)
                                                .setRebalanceTimeoutMs(10_000)
                                                .setSubscribedTopicNames(List.of("orders"))
                                                .setTopicPartitions(List.of())));

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answer.assignment().topicPartitions())
                .singleElement()
                .satisfies(topic -> {
                    assertThat(topic.topicId()).isEqualTo(ORDERS);
                    assertThat(topic.partitions()).containsExactlyInAnyOrder(0, 1, 2);
                });
    }

    @Test
    void resignedAndElectedAgainItKnowsGroupsAndOffsetsFromTheLog() throws Exception {
        GroupCoordinatorHost host = started(Optional.empty());
        String member = join(host);
        commit(host, member, 7);

        log.lose();
        host.shardListener().onLeadership(io.varve.broker.shard.Leadership.Elsewhere.UNKNOWN);
        awaitServed(host, false);
        log.lead(9);
        host.shardListener().onLeadership(new io.varve.broker.shard.Leadership.Ready(9));

        awaitServed(host, true);
        assertThat(fetch(host)).isEqualTo(7);
        assertThat(commit(host, member, 8)).as("the member is still known").isEqualTo(Errors.NONE);
    }

    @Test
    void anotherProcessKnowsGroupsAndOffsetsFromTheLog() throws Exception {
        GroupCoordinatorHost first = started(Optional.empty());
        commit(first, join(first), 7);
        first.close();

        log.lead(6);
        GroupCoordinatorHost second = started(Optional.empty());

        assertThat(fetch(second)).isEqualTo(7);
    }

    @Test
    void nothingIsAnsweredBeforeItIsCommitted() throws Exception {
        GroupCoordinatorHost host = started(Optional.empty());
        String member = join(host);
        log.hold(true);

        CompletableFuture<OffsetCommitResponseData> answer = commitLater(host, member, 5);
        Awaitility.await()
                .until(() ->
                        log.ends(host.service().partitionFor(GROUP)).orElseThrow().appendedEnd()
                                > log.ends(host.service().partitionFor(GROUP))
                                        .orElseThrow()
                                        .highWatermark());
        assertThat(answer).isNotDone();

        log.hold(false);
        assertThat(error(get(answer))).isEqualTo(Errors.NONE);
    }

    @Test
    void anotherLeadersRecordsDoNotConfirmOurs() throws Exception {
        GroupCoordinatorHost host = started(Optional.empty());
        String member = join(host);
        int partition = host.service().partitionFor(GROUP);
        log.hold(true);
        CompletableFuture<OffsetCommitResponseData> answer = commitLater(host, member, 5);
        Awaitility.await()
                .until(() ->
                        log.ends(partition).orElseThrow().appendedEnd()
                                > log.ends(partition).orElseThrow().highWatermark());

        log.lose();
        log.foreign(partition, 6); // at the very offset of our commit
        host.shardListener().onLeadership(io.varve.broker.shard.Leadership.Elsewhere.UNKNOWN);

        assertThat(error(get(answer)))
                .isIn(Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE);
    }

    @Test
    void offsetsBehindARestoredEndAreLoweredOnce() throws Exception {
        GroupCoordinatorHost before = started(Optional.empty());
        String member = join(before);
        commit(before, member, 100);
        int partition = before.service().partitionFor(GROUP);
        long restoredEnd = log.ends(partition).orElseThrow().highWatermark();
        before.close();

        log.lead(70_000);
        GroupCoordinatorHost restored = started(Optional.of(cut(partition, restoredEnd)));
        assertThat(fetch(restored)).isEqualTo(60);
        int appends = log.appends();
        restored.close();

        log.lead(70_001);
        GroupCoordinatorHost again = started(Optional.of(cut(partition, restoredEnd)));
        assertThat(fetch(again)).isEqualTo(60);
        assertThat(log.appends()).as("a second start corrects nothing").isEqualTo(appends);
        commit(again, member, 65);
        again.close();

        log.lead(70_002);
        GroupCoordinatorHost later = started(Optional.of(cut(partition, restoredEnd)));
        assertThat(fetch(later)).as("what clients committed since then stays").isEqualTo(65);
    }

    @Test
    void beforeTheStartNobodyIsServed() {
        GroupCoordinatorHost host = host(Optional.empty());

        assertThat(error(commitLater(host, "m", 1).join()))
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    }

    @Test
    void theWriterRefusesWhatNobodyElectedItFor() {
        OffsetsWriter writer = new OffsetsWriter(log, () -> null);
        assertThatThrownBy(() ->
                        writer.append(
                                new org.apache.kafka.common.TopicPartition("__consumer_offsets", 0),
                                null,
                                org.apache.kafka.common.record.internal.MemoryRecords.EMPTY,
                                (short) 0))
                .isInstanceOf(org.apache.kafka.common.errors.NotLeaderOrFollowerException.class);
    }

    private static Cut cut(int partition, long end) {
        return new Cut(
                2,
                1,
                "test",
                0,
                List.of(),
                List.of(
                        new Cut.PartitionCut(
                                new PartitionId(OFFSETS, partition),
                                "__consumer_offsets",
                                1,
                                0,
                                0,
                                end,
                                65_536,
                                0)),
                1L << 41,
                List.of(new Cut.LoweredOffset(GROUP, "orders", 0, 100, 60)),
                null);
    }

    private GroupCoordinatorHost host(Optional<Cut> cut) {
        BrokerConfig config = config();
        GroupCoordinatorHost host =
                new GroupCoordinatorHost(
                        config,
                        new HostPorts(
                                metadata,
                                Map.of(),
                                new TopicPolicies(metadata, new TopicConfigs(config), 1),
                                (id, offset, maxBytes) -> new CompletableFuture<>(),
                                cut,
                                InstantSource.system()),
                        log);
        hosts.add(host);
        return host;
    }

    private GroupCoordinatorHost started(Optional<Cut> cut) throws Exception {
        if (metadata.appliedEnd() == 0) {
            topics();
        }
        GroupCoordinatorHost host = host(cut);
        log.onApplied(partition ->
                host.shardListener().onApplied(Set.of(new PartitionId(OFFSETS, partition))));
        host.start();
        awaitServed(host, true);
        return host;
    }

    /// The group is served, or the broker says that it has not got it.
    private static void awaitServed(GroupCoordinatorHost host, boolean served) {
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() ->
                        assertThat(
                                        groupError(host) != Errors.NOT_COORDINATOR
                                                && groupError(host)
                                                        != Errors.COORDINATOR_LOAD_IN_PROGRESS)
                                .as(groupError(host).name())
                                .isEqualTo(served));
    }

    private static Errors groupError(GroupCoordinatorHost host) throws Exception {
        return host.service()
                .fetchOffsets(
                        context(ApiKeys.OFFSET_FETCH),
                        new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                .setGroupId(GROUP)
                                .setTopics(null),
                        false)
                .handle((group, failure) ->
                        failure == null
                                ? Errors.forCode(group.errorCode())
                                : Errors.forException(failure))
                .get(20, TimeUnit.SECONDS);
    }

    private void topics() {
        List<ApiMessageAndVersion> records = new ArrayList<>();
        records.add(
                record(
                        new FeatureLevelRecord()
                                .setName(MetadataVersion.FEATURE_NAME)
                                .setFeatureLevel(
                                        MetadataVersion.LATEST_PRODUCTION.featureLevel())));
        records.add(record(new RegisterBrokerRecord().setBrokerId(1).setFenced(false)));
        topic(records, "__consumer_offsets", OFFSETS, PARTITIONS);
        topic(records, "orders", ORDERS, 3);
        metadata.shardListener()
                .onMetadataRecords(0, records.size(), MetadataRecords.batch(records, 1));
    }

    private static void topic(
            List<ApiMessageAndVersion> records, String name, Uuid id, int partitions) {
        records.add(record(new TopicRecord().setName(name).setTopicId(id)));
        for (int partition = 0; partition < partitions; partition++) {
            records.add(
                    new ApiMessageAndVersion(
                            new PartitionRecord()
                                    .setTopicId(id)
                                    .setPartitionId(partition)
                                    .setReplicas(List.of(1))
                                    .setIsr(List.of(1))
                                    .setLeader(1)
                                    .setDirectories(List.of(ShardDirectories.of(1))),
                            (short) 1));
        }
    }

    private static ApiMessageAndVersion record(ApiMessage message) {
        return new ApiMessageAndVersion(message, (short) 0);
    }

    private static String join(GroupCoordinatorHost host) throws Exception {
        JoinGroupRequestData.JoinGroupRequestProtocolCollection protocols =
                new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        protocols.add(
                new JoinGroupRequestData.JoinGroupRequestProtocol()
                        .setName("range")
                        .setMetadata(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
        JoinGroupResponseData joined =
                get(
                        host.service()
                                .joinGroup(
                                        context(ApiKeys.JOIN_GROUP),
                                        new JoinGroupRequestData()
                                                .setGroupId(GROUP)
                                                .setMemberId("")
                                                .setSessionTimeoutMs(30_000)
                                                .setRebalanceTimeoutMs(30_000)
                                                .setProtocolType("consumer")
                                                .setProtocols(protocols),
                                        BufferSupplier.NO_CACHING));
        assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
        assertThat(joined.generationId()).isEqualTo(1);
        Errors synced =
                Errors.forCode(
                        get(host.service()
                                        .syncGroup(
                                                context(ApiKeys.SYNC_GROUP),
                                                new SyncGroupRequestData()
                                                        .setGroupId(GROUP)
                                                        .setMemberId(joined.memberId())
                                                        .setGenerationId(1)
                                                        .setProtocolType("consumer")
                                                        .setProtocolName("range")
                                                        .setAssignments(
                                                                List.of(
                                                                        new SyncGroupRequestData
                                                                                        .SyncGroupRequestAssignment()
                                                                                .setMemberId(
                                                                                        joined
                                                                                                .memberId())
                                                                                .setAssignment(
                                                                                        new byte[] {
                                                                                            1
                                                                                        }))),
                                                BufferSupplier.NO_CACHING))
                                .errorCode());
        assertThat(synced).isEqualTo(Errors.NONE);
        return joined.memberId();
    }

    private static Errors commit(GroupCoordinatorHost host, String member, long offset)
            throws Exception {
        return error(get(commitLater(host, member, offset)));
    }

    private static CompletableFuture<OffsetCommitResponseData> commitLater(
            GroupCoordinatorHost host, String member, long offset) {
        return host.service()
                .commitOffsets(
                        context(ApiKeys.OFFSET_COMMIT),
                        new OffsetCommitRequestData()
                                .setGroupId(GROUP)
                                .setMemberId(member)
                                .setGenerationIdOrMemberEpoch(1)
                                .setTopics(
                                        List.of(
                                                new OffsetCommitRequestData
                                                                .OffsetCommitRequestTopic()
                                                        .setName("orders")
                                                        .setTopicId(ORDERS)
                                                        .setPartitions(
                                                                List.of(
                                                                        new OffsetCommitRequestData
                                                                                        .OffsetCommitRequestPartition()
                                                                                .setPartitionIndex(
                                                                                        0)
                                                                                .setCommittedOffset(
                                                                                        offset)
                                                                                .setCommittedMetadata(
                                                                                        ""))))),
                        BufferSupplier.NO_CACHING);
    }

    private static Errors error(OffsetCommitResponseData answer) {
        return Errors.forCode(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    private static long fetch(GroupCoordinatorHost host) throws Exception {
        var group =
                get(
                        host.service()
                                .fetchOffsets(
                                        context(ApiKeys.OFFSET_FETCH),
                                        new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                                .setGroupId(GROUP)
                                                .setTopics(
                                                        List.of(
                                                                new OffsetFetchRequestData
                                                                                .OffsetFetchRequestTopics()
                                                                        .setName("orders")
                                                                        .setPartitionIndexes(
                                                                                List.of(0)))),
                                        false));
        assertThat(Errors.forCode(group.errorCode())).isEqualTo(Errors.NONE);
        return group.topics().getFirst().partitions().getFirst().committedOffset();
    }

    private static RequestContext context(ApiKeys key) {
        short version = key == ApiKeys.JOIN_GROUP ? 3 : key.latestVersion();
        return new RequestContext(
                new RequestHeader(key, version, "client", 0),
                "1",
                InetAddress.getLoopbackAddress(),
                KafkaPrincipal.ANONYMOUS,
                ListenerName.forSecurityProtocol(SecurityProtocol.PLAINTEXT),
                SecurityProtocol.PLAINTEXT,
                ClientInformation.EMPTY,
                false);
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    private static BrokerConfig config() {
        try {
            return BrokerConfig.load(
                    new ConfigSources(
                            "test",
                            Map.of(
                                    "node.id", "1",
                                    "log.dirs", "/d",
                                    "archive.bucket", "mem:",
                                    "group.initial.rebalance.delay.ms", "0",
                                    "offsets.topic.num.partitions", String.valueOf(PARTITIONS)),
                            null,
                            Map.of(),
                            List.of(),
                            1));
        } catch (io.varve.broker.config.InvalidConfigException e) {
            throw new AssertionError(e);
        }
    }
}
