// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.BrokerConfigs;
import io.varve.broker.config.ConfigDescription;
import io.varve.broker.config.ConfigSources;
import io.varve.broker.config.DynamicDefaults;
import io.varve.broker.config.TopicConfigs;
import io.varve.broker.metadata.ConfigChange;
import io.varve.broker.metadata.ConfigResult;
import io.varve.broker.metadata.MorePartitions;
import io.varve.broker.metadata.NewTopic;
import io.varve.broker.metadata.ProducerIdBlock;
import io.varve.broker.metadata.ProducerIds;
import io.varve.broker.metadata.TopicResult;
import io.varve.broker.metadata.TopicToDelete;
import io.varve.broker.network.ConnectionQuota;
import io.varve.broker.network.KafkaListener;
import io.varve.broker.network.ListenerSettings;
import io.varve.broker.network.NetworkCounters;
import io.varve.broker.network.OutgoingRecords;
import io.varve.broker.partition.FetchParking;
import io.varve.broker.partition.OffsetAnswer;
import io.varve.broker.partition.PartitionReads;
import io.varve.broker.partition.ReadOutcome;
import io.varve.broker.shard.AppendRules;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.metadata.ShardTable;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpoint;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;

/// One broker with one shard, all in memory, behind a real socket: what the handlers see of the
/// rest of the broker.
final class MemoryCluster
        implements ClusterView,
                ClusterChanges,
                ConfigViews,
                PartitionReads,
                FetchParking,
                AutoCloseable {
    static final int NODE_ID = 1;
    private static final int SHARD = 1;
    private static final int FETCH_BYTES_MAX = 50 << 20;

    final MemoryShard shard = new MemoryShard();
    private final MemoryGroups groups = new MemoryGroups(NODE_ID);
    private final BrokerConfig config;
    final NetworkCounters counters = new NetworkCounters();
    final AtomicInteger parked = new AtomicInteger();
    volatile boolean autoCreate = true;
    volatile WriteAdmission admission = WriteAdmission.always();
    private final AtomicLong producerId = new AtomicLong(1L << 40);
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("test-timer").factory());
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final KafkaListener listener;
    private volatile MetadataImage image;

    MemoryCluster() throws Exception {
        config =
                BrokerConfig.load(
                        new ConfigSources(
                                "test",
                                Map.of(
                                        "node.id",
                                        "1",
                                        "log.dirs",
                                        "/data",
                                        "archive.bucket",
                                        "mem:"),
                                null,
                                Map.of(),
                                List.of(),
                                2));
        image = MetadataImage.EMPTY;
        KafkaApi api = new KafkaApi(parts());
        listener =
                KafkaListener.open(
                        ListenerSettings.at("PLAINTEXT", "127.0.0.1", 0),
                        api,
                        counters,
                        new ConnectionQuota(100, 100));
        change(delta -> {
            delta.replay(
                    new FeatureLevelRecord()
                            .setName(MetadataVersion.FEATURE_NAME)
                            .setFeatureLevel(MetadataVersion.LATEST_PRODUCTION.featureLevel()));
            delta.replay(
                    new FeatureLevelRecord()
                            .setName(Feature.GROUP_VERSION.featureName())
                            .setFeatureLevel((short) 1));
            RegisterBrokerRecord broker =
                    new RegisterBrokerRecord()
                            .setBrokerId(NODE_ID)
                            .setFenced(false)
                            .setIncarnationId(new Uuid(1, 1));
            broker.endPoints()
                    .add(
                            new BrokerEndpoint()
                                    .setName("PLAINTEXT")
                                    .setHost("127.0.0.1")
                                    .setPort(port()));
            delta.replay(broker);
        });
    }

    ApiParts parts() {
        return new ApiParts(
                this,
                this,
                RequestForwarding.none(),
                this,
                this,
                this,
                _ -> AppendRules.DEFAULT,
                (shard, bytes) -> admission.of(shard, bytes),
                new ProducerIds(this::producerIdBlock),
                groups.service,
                workers,
                timer,
                InstantSource.system(),
                FETCH_BYTES_MAX,
                new DataDirectoryView() {
                    @Override
                    public String path() {
                        return "/data";
                    }

                    @Override
                    public long totalBytes() {
                        return 1_000;
                    }

                    @Override
                    public long usableBytes() {
                        return 400;
                    }
                });
    }

    private CompletableFuture<ProducerIdBlock> producerIdBlock() {
        long first = producerId.getAndAdd(10);
        return CompletableFuture.completedFuture(
                new ProducerIdBlock(first, first + 10, ApiError.NONE));
    }

    int port() {
        return listener.localAddress().getPort();
    }

    String bootstrap() {
        return "127.0.0.1:" + port();
    }

    synchronized void change(Consumer<MetadataDelta> records) {
        MetadataDelta delta = new MetadataDelta.Builder().setImage(image).build();
        records.accept(delta);
        image = delta.apply(new MetadataProvenance(image.offset() + 1, 1, 1, true));
        groups.service.onMetadataUpdate(delta, image);
    }

    Uuid createTopic(String name, int partitions) {
        Uuid id = Uuid.randomUuid();
        change(delta -> {
            delta.replay(new TopicRecord().setName(name).setTopicId(id));
            addPartitions(delta, id, name, 0, partitions);
        });
        return id;
    }

    private void addPartitions(MetadataDelta delta, Uuid id, String name, int from, int to) {
        for (int i = from; i < to; i++) {
            shard.open(new PartitionId(id, i), name);
            delta.replay(
                    new PartitionRecord()
                            .setTopicId(id)
                            .setPartitionId(i)
                            .setReplicas(List.of(NODE_ID))
                            .setIsr(List.of(NODE_ID))
                            .setLeader(NODE_ID)
                            .setDirectories(List.of(ShardDirectories.of(SHARD))));
        }
    }

    private static long endOf(ByteBuffer batch) {
        return MemoryRecords.readableRecords(batch).batches().iterator().next().nextOffset();
    }

    @Override
    public int nodeId() {
        return NODE_ID;
    }

    @Override
    public String clusterId() {
        return "AAAAAAAAAAAAAAAAAAAAAQ";
    }

    @Override
    public MetadataImage image() {
        return image;
    }

    @Override
    public ShardTable shards() {
        return ShardTable.of(image.configs());
    }

    @Override
    public OptionalInt controllerId() {
        return OptionalInt.of(NODE_ID);
    }

    @Override
    public Optional<Shard> shard(int number) {
        return number == SHARD ? Optional.of(shard) : Optional.empty();
    }

    @Override
    public ReadOutcome read(
            PartitionView partition,
            long offset,
            int maxBytes,
            boolean committedOnly,
            boolean oneBatchAtLeast) {
        MemoryShard.MemoryPartition memory = shard.of(partition.id());
        if (offset < memory.logStart() || offset > memory.highWatermark()) {
            return new ReadOutcome.OutOfRange(memory.logStart(), memory.highWatermark());
        }
        List<ByteBuffer> batches = memory.read(offset, maxBytes, oneBatchAtLeast);
        return batches.isEmpty()
                ? new ReadOutcome.AtEnd()
                : new ReadOutcome.Ready(
                        OutgoingRecords.ofBuffers(batches), endOf(batches.getLast()), List.of());
    }

    @Override
    public CompletableFuture<OffsetAnswer> lookUp(
            PartitionView partition, long timestamp, boolean committedOnly) {
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return found(-1, partition.highWatermark());
        } else if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP) {
            return found(-1, partition.logStart());
        } else if (timestamp < 0) {
            return CompletableFuture.completedFuture(new OffsetAnswer.None());
        }
        for (ByteBuffer bytes : shard.of(partition.id()).read(0, Integer.MAX_VALUE, true)) {
            for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
                for (org.apache.kafka.common.record.internal.Record record : batch) {
                    if (record.timestamp() >= timestamp) {
                        return found(record.timestamp(), record.offset());
                    }
                }
            }
        }
        return CompletableFuture.completedFuture(new OffsetAnswer.None());
    }

    private static CompletableFuture<OffsetAnswer> found(long timestamp, long offset) {
        return CompletableFuture.completedFuture(
                new OffsetAnswer.Found(timestamp, offset, MemoryShard.LEADER_EPOCH));
    }

    @Override
    public CompletableFuture<Boolean> park(Set<PartitionId> partitions, Duration atMost) {
        CompletableFuture<Boolean> woken = new CompletableFuture<>();
        ShardListener wakes =
                new ShardListener() {
                    @Override
                    public void onApplied(Set<PartitionId> changed) {
                        if (!Collections.disjoint(changed, partitions)) {
                            woken.complete(true);
                        }
                    }
                };
        shard.addListener(wakes);
        parked.incrementAndGet();
        Future<?> _ =
                timer.schedule(
                        () -> woken.complete(false), atMost.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<Boolean> _ =
                woken.whenComplete((_, _) -> {
                    shard.removeListener(wakes);
                    parked.decrementAndGet();
                });
        return woken;
    }

    @Override
    public boolean autoCreate() {
        return autoCreate;
    }

    @Override
    public CompletableFuture<List<TopicResult>> createTopics(
            List<NewTopic> topics, boolean validateOnly) {
        return CompletableFuture.completedFuture(
                topics.stream()
                        .map(topic -> {
                            if (image.topics().getTopic(topic.name()) != null) {
                                return new TopicResult(
                                        topic.name(),
                                        Uuid.ZERO_UUID,
                                        new ApiError(
                                                Errors.TOPIC_ALREADY_EXISTS,
                                                "topic exists: " + topic.name()),
                                        -1,
                                        (short) -1);
                            }
                            int partitions = topic.partitions() < 0 ? 2 : topic.partitions();
                            Uuid id =
                                    validateOnly
                                            ? Uuid.ZERO_UUID
                                            : createTopic(topic.name(), partitions);
                            topic.configs()
                                    .forEach((key, value) -> setConfig(topic.name(), key, value));
                            return new TopicResult(
                                    topic.name(), id, ApiError.NONE, partitions, (short) 1);
                        })
                        .toList());
    }

    @Override
    public CompletableFuture<List<TopicResult>> createPartitions(
            List<MorePartitions> topics, boolean validateOnly) {
        return CompletableFuture.completedFuture(
                topics.stream()
                        .map(more -> {
                            TopicImage topic = image.topics().getTopic(more.topic());
                            change(delta ->
                                    addPartitions(
                                            delta,
                                            topic.id(),
                                            topic.name(),
                                            topic.partitions().size(),
                                            more.count()));
                            return new TopicResult(
                                    more.topic(), topic.id(), ApiError.NONE, -1, (short) -1);
                        })
                        .toList());
    }

    @Override
    public CompletableFuture<List<TopicResult>> deleteTopics(
            List<TopicToDelete> topics, long timeoutMs) {
        return CompletableFuture.completedFuture(
                topics.stream()
                        .map(named -> {
                            TopicImage topic =
                                    switch (named) {
                                        case TopicToDelete.ByName byName ->
                                                image.topics().getTopic(byName.name());
                                        case TopicToDelete.ById byId ->
                                                image.topics().getTopic(byId.id());
                                    };
                            if (topic == null) {
                                return new TopicResult(
                                        named instanceof TopicToDelete.ByName byName
                                                ? byName.name()
                                                : "",
                                        named instanceof TopicToDelete.ById byId
                                                ? byId.id()
                                                : Uuid.ZERO_UUID,
                                        new ApiError(
                                                named instanceof TopicToDelete.ById
                                                        ? Errors.UNKNOWN_TOPIC_ID
                                                        : Errors.UNKNOWN_TOPIC_OR_PARTITION),
                                        -1,
                                        (short) -1);
                            }
                            change(delta ->
                                    delta.replay(new RemoveTopicRecord().setTopicId(topic.id())));
                            return new TopicResult(
                                    topic.name(), topic.id(), ApiError.NONE, -1, (short) -1);
                        })
                        .toList());
    }

    @Override
    public CompletableFuture<List<ConfigResult>> alterConfigs(
            List<ConfigChange> changes, boolean validateOnly) {
        return CompletableFuture.completedFuture(
                changes.stream()
                        .map(change -> {
                            change.ops()
                                    .forEach(op ->
                                            setConfig(
                                                    change.resource().name(),
                                                    op.name(),
                                                    op.value()));
                            return new ConfigResult(change.resource(), ApiError.NONE);
                        })
                        .toList());
    }

    private void setConfig(String topic, String key, String value) {
        change(delta ->
                delta.replay(
                        new ConfigRecord()
                                .setResourceType(ConfigResource.Type.TOPIC.id())
                                .setResourceName(topic)
                                .setName(key)
                                .setValue(value)));
    }

    @Override
    public CompletableFuture<ApiError> ensureOffsetsTopic() {
        if (image.topics().getTopic(Topic.GROUP_METADATA_TOPIC_NAME) == null) {
            createTopic(Topic.GROUP_METADATA_TOPIC_NAME, MemoryGroups.PARTITIONS);
        }
        return CompletableFuture.completedFuture(ApiError.NONE);
    }

    @Override
    public List<ConfigDescription> topic(String name) {
        return new TopicConfigs(config)
                .describe(
                        image.configs()
                                .configMapForResource(
                                        new ConfigResource(ConfigResource.Type.TOPIC, name)),
                        DynamicDefaults.NONE);
    }

    @Override
    public List<ConfigDescription> broker() {
        return new BrokerConfigs(config).describe(DynamicDefaults.NONE);
    }

    @Override
    public void close() {
        listener.close();
        groups.close();
        timer.shutdownNow();
        workers.shutdownNow();
    }
}
