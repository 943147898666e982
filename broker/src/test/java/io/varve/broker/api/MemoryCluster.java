// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.network.KafkaListener;
import io.varve.broker.network.ListenerSettings;
import io.varve.broker.network.NetworkCounters;
import io.varve.broker.network.OutgoingRecords;
import io.varve.broker.shard.AppendRules;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.ShardDirectories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashMap;
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
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpoint;
import org.apache.kafka.common.metadata.TopicRecord;
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
                PartitionReads,
                FetchParking,
                TopicRules,
                AutoTopics,
                AutoCloseable {
    static final int NODE_ID = 1;
    private static final int SHARD = 1;
    private static final int FETCH_BYTES_MAX = 50 << 20;

    final MemoryShard shard = new MemoryShard();
    final NetworkCounters counters = new NetworkCounters();
    final AtomicInteger parked = new AtomicInteger();
    volatile boolean autoCreate = true;
    private final AtomicLong producerId = new AtomicLong(1L << 40);
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("test-timer").factory());
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final KafkaListener listener;
    private volatile MetadataImage image;

    MemoryCluster() throws IOException {
        image = MetadataImage.EMPTY;
        KafkaApi api = new KafkaApi(parts());
        listener =
                KafkaListener.open(ListenerSettings.at("PLAINTEXT", "127.0.0.1", 0), api, counters);
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
                this,
                this,
                () -> CompletableFuture.completedFuture(producerId.incrementAndGet()),
                this,
                workers,
                timer,
                InstantSource.system(),
                FETCH_BYTES_MAX);
    }

    int port() {
        return listener.localAddress().getPort();
    }

    String bootstrap() {
        return "127.0.0.1:" + port();
    }

    synchronized void change(java.util.function.Consumer<MetadataDelta> records) {
        MetadataDelta delta = new MetadataDelta.Builder().setImage(image).build();
        records.accept(delta);
        image = delta.apply(new MetadataProvenance(image.offset() + 1, 1, 1, true));
    }

    Uuid createTopic(String name, int partitions) {
        Uuid id = Uuid.randomUuid();
        for (int i = 0; i < partitions; i++) {
            shard.open(new PartitionId(id, i), name);
        }
        change(delta -> {
            delta.replay(new TopicRecord().setName(name).setTopicId(id));
            for (int i = 0; i < partitions; i++) {
                delta.replay(
                        new PartitionRecord()
                                .setTopicId(id)
                                .setPartitionId(i)
                                .setReplicas(List.of(NODE_ID))
                                .setIsr(List.of(NODE_ID))
                                .setLeader(NODE_ID)
                                .setDirectories(List.of(ShardDirectories.of(SHARD))));
            }
        });
        return id;
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
                : new ReadOutcome.Ready(OutgoingRecords.ofBuffers(batches), List.of());
    }

    @Override
    public CompletableFuture<Lookup> lookUp(
            PartitionView partition, long timestamp, boolean committedOnly) {
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return found(-1, partition.highWatermark());
        } else if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP) {
            return found(-1, partition.logStart());
        } else if (timestamp < 0) {
            return CompletableFuture.completedFuture(new Lookup.None());
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
        return CompletableFuture.completedFuture(new Lookup.None());
    }

    private static CompletableFuture<Lookup> found(long timestamp, long offset) {
        return CompletableFuture.completedFuture(
                new Lookup.Found(timestamp, offset, MemoryShard.LEADER_EPOCH));
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
    public AppendRules rulesOf(TopicImage topic) {
        return AppendRules.DEFAULT;
    }

    @Override
    public boolean enabled() {
        return autoCreate;
    }

    @Override
    public CompletableFuture<Map<String, ApiError>> create(Set<String> names) {
        Map<String, ApiError> outcomes = new HashMap<>();
        names.forEach(name -> {
            createTopic(name, 2);
            outcomes.put(name, ApiError.NONE);
        });
        return CompletableFuture.completedFuture(outcomes);
    }

    @Override
    public void close() {
        listener.close();
        timer.shutdownNow();
        workers.shutdownNow();
    }
}
