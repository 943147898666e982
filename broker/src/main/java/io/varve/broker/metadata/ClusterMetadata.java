// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.DynamicDefaults;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.manifest.metadata.ShardDirectories;
import io.varve.manifest.metadata.ShardTable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.image.TopicsImage;
import org.apache.kafka.metadata.PartitionRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The cluster's metadata as this broker has applied it. An image never changes, so a caller that
/// keeps one sees a consistent state; [#image()] gives the newest.
///
/// A record that cannot be applied stops the image where it is, for good: nothing later is shown,
/// waiters fail, and the log says why. Thread-safe; changes come on shard 0's apply thread.
public final class ClusterMetadata {
    /// The partition of shard 0 that holds the records.
    public static final PartitionId PARTITION = new PartitionId(Uuid.METADATA_TOPIC_ID, 0);

    /// Its topic's name.
    public static final String TOPIC = Topic.CLUSTER_METADATA_TOPIC_NAME;

    private static final Logger LOG = LoggerFactory.getLogger(ClusterMetadata.class);

    /// An image and where it ends.
    private record Applied(MetadataImage image, ShardTable shards, long endOffset) {}

    private record Wanted(TopicsImage topics, Map<Integer, Integer> byShard) {}

    private record Waiter(long endOffset, CompletableFuture<MetadataImage> future) {}

    private final ReentrantLock lock = new ReentrantLock();
    private MetadataFold fold = MetadataFold.empty(); // apply thread
    private final List<MetadataListener> listeners = new ArrayList<>(); // under lock
    private final List<Waiter> waiters = new ArrayList<>(); // under lock
    private volatile Applied applied = new Applied(MetadataImage.EMPTY, ShardTable.EMPTY, 0);
    private volatile Wanted wanted = new Wanted(TopicsImage.EMPTY, Map.of());
    private volatile Optional<RuntimeException> failure = Optional.empty();

    /// What shard 0 tells its records to.
    public ShardListener shardListener() {
        return new ShardListener() {
            @Override
            public void onMetadataRecords(long baseOffset, long endOffset, ByteBuffer batches) {
                apply(endOffset, () -> fold.replay(batches));
            }

            @Override
            public void onMetadataReset(long endOffset, List<byte[]> records) {
                apply(endOffset, () -> reset(records));
            }
        };
    }

    private interface Step {
        MetadataFold.Change run();
    }

    private void apply(long endOffset, Step step) {
        if (failure.isPresent()) {
            return;
        }
        MetadataFold.Change change;
        ShardTable shards;
        try {
            change = step.run();
            shards = shardsOf(change.image());
        } catch (RuntimeException e) {
            LOG.error("metadata cannot be applied, it stays as it is: endOffset={}", endOffset, e);
            failure = Optional.of(e);
            takeAllWaiters().forEach(waiter -> waiter.future().completeExceptionally(e));
            return;
        }
        applied = new Applied(change.image(), shards, endOffset);
        List<MetadataListener> told;
        lock.lock();
        try {
            told = List.copyOf(listeners);
        } finally {
            lock.unlock();
        }
        told.forEach(listener -> listener.onMetadata(change.delta(), change.image(), endOffset));
        takeWaiters(endOffset).forEach(waiter -> waiter.future().complete(change.image()));
    }

    @SuppressWarnings(
            "ReferenceEquality") // an image that shares its configs shares the very object
    private ShardTable shardsOf(MetadataImage next) {
        Applied before = applied;
        return next.configs() == before.image().configs()
                ? before.shards()
                : ShardTable.of(next.configs());
    }

    private MetadataFold.Change reset(List<byte[]> records) {
        MetadataFold restarted = MetadataFold.from(records);
        MetadataDelta delta = new MetadataDelta.Builder().setImage(applied.image()).build();
        MetadataFold.replayInto(delta, records);
        delta.finishSnapshot();
        fold = restarted;
        return new MetadataFold.Change(delta, restarted.image());
    }

    private List<Waiter> takeWaiters(long endOffset) {
        lock.lock();
        try {
            List<Waiter> ready =
                    waiters.stream().filter(waiter -> waiter.endOffset() <= endOffset).toList();
            waiters.removeAll(ready);
            return ready;
        } finally {
            lock.unlock();
        }
    }

    private List<Waiter> takeAllWaiters() {
        return takeWaiters(Long.MAX_VALUE);
    }

    /// Hears every change from now on. Register before shard 0 starts, else what was applied before
    /// is missed.
    public void addListener(MetadataListener listener) {
        lock.lock();
        try {
            listeners.add(listener);
        } finally {
            lock.unlock();
        }
    }

    /// The newest image.
    public MetadataImage image() {
        return applied.image();
    }

    /// The data shards, as of [#image()].
    public ShardTable shards() {
        return applied.shards();
    }

    /// The most replicas that any partition of a shard was made with. Counted once for each change
    /// of the topics.
    @SuppressWarnings("ReferenceEquality") // an image that shares its topics shares the very object
    public int wantedReplicas(int shard) {
        MetadataImage now = image();
        Wanted known = wanted;
        if (known.topics() != now.topics()) {
            known = new Wanted(now.topics(), ShardPlans.wantedReplicas(now));
            wanted = known;
        }
        return known.byShard().getOrDefault(shard, 0);
    }

    /// End offset (exclusive) of what [#image()] holds.
    public long appliedEnd() {
        return applied.endOffset();
    }

    /// Completes with an image that holds everything below `endOffset`; fails when metadata cannot
    /// be applied any more. Completes on the apply thread: do not block there. The caller bounds
    /// the wait.
    public CompletableFuture<MetadataImage> whenApplied(long endOffset) {
        lock.lock();
        try {
            if (failure.isPresent()) {
                return CompletableFuture.failedFuture(failure.get());
            }
            if (applied.endOffset() >= endOffset) {
                return CompletableFuture.completedFuture(applied.image());
            }
            Waiter waiter = new Waiter(endOffset, new CompletableFuture<>());
            waiters.add(waiter);
            return waiter.future();
        } finally {
            lock.unlock();
        }
    }

    public Optional<TopicImage> topic(String name) {
        return Optional.ofNullable(image().topics().getTopic(name));
    }

    public Optional<TopicImage> topic(Uuid id) {
        return Optional.ofNullable(image().topics().getTopic(id));
    }

    /// A topic's own configs, without defaults, by canonical name.
    public Map<String, String> topicConfigs(String name) {
        return topicConfigs(image(), name);
    }

    static Map<String, String> topicConfigs(MetadataImage image, String name) {
        return Map.copyOf(
                image.configs()
                        .configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, name)));
    }

    /// Broker configs that were altered: this broker's and those of all.
    public DynamicDefaults dynamicDefaults(int nodeId) {
        return dynamicDefaults(image(), nodeId);
    }

    static DynamicDefaults dynamicDefaults(MetadataImage image, int nodeId) {
        return new DynamicDefaults(
                image.configs()
                        .configMapForResource(
                                new ConfigResource(
                                        ConfigResource.Type.BROKER, String.valueOf(nodeId))),
                image.configs()
                        .configMapForResource(new ConfigResource(ConfigResource.Type.BROKER, "")));
    }

    /// Where a partition is; empty for one that does not exist.
    public Optional<PartitionPlacement> placement(PartitionId id) {
        return topic(id.topicId()).flatMap(topic -> placement(topic, id.partition()));
    }

    /// Where a partition is; empty for one that does not exist.
    public Optional<PartitionPlacement> placement(String topicName, int partition) {
        return topic(topicName).flatMap(topic -> placement(topic, partition));
    }

    private Optional<PartitionPlacement> placement(TopicImage topic, int partition) {
        PartitionRegistration registration = topic.partitions().get(partition);
        if (registration == null) {
            return Optional.empty();
        }
        OptionalInt shard = shardOf(registration);
        return shard.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new PartitionPlacement(
                                new PartitionId(topic.id(), partition),
                                topic.name(),
                                shard.getAsInt()));
    }

    static OptionalInt shardOf(PartitionRegistration registration) {
        return registration.directories.length == 0
                ? OptionalInt.empty()
                : ShardDirectories.shardOf(registration.directories[0]);
    }
}
