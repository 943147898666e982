// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.raft.RaftGroupHandle;
import io.varve.broker.raft.RaftGroups;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftNode;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftSettings;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Uuid;
import org.awaitility.Awaitility;

/// One broker's Raft node with one shard, on a free loopback port, for tests. Its clock is moved by
/// hand.
final class ShardBroker implements AutoCloseable {
    static final ShardId SHARD = new ShardId(1, 1, 0);
    static final PartitionId P0 = new PartitionId(new Uuid(7, 7), 0);

    final Path directory;
    final int nodeId;
    final ShardId shardId;
    final FrameLog log;
    final RecordingFatal fatal = new RecordingFatal();
    final AtomicLong clockMs = new AtomicLong(1_700_000_000_000L);
    final Map<Long, ShardCheckpoint> bucket;
    final ShardLimits limits;
    final AtomicBoolean diskFull = new AtomicBoolean();
    final Queue<Long> commitTimesNs = new ConcurrentLinkedQueue<>();
    RaftNode node;
    LocalShard shard;

    ShardBroker(
            Path directory,
            int nodeId,
            ShardId shardId,
            FrameLog log,
            Map<Long, ShardCheckpoint> bucket,
            ShardLimits limits) {
        this.directory = directory;
        this.nodeId = nodeId;
        this.shardId = shardId;
        this.log = log;
        this.bucket = bucket;
        this.limits = limits;
    }

    static ShardBroker single(Path directory, MemoryFrameLog log) throws IOException {
        ShardBroker broker =
                new ShardBroker(
                        directory, 1, SHARD, log, new ConcurrentHashMap<>(), ShardLimits.DEFAULT);
        broker.start(0);
        broker.join(List.of(broker.node.self()));
        broker.awaitReady();
        return broker;
    }

    RaftPeerName name() {
        return new RaftPeerName(nodeId, "00000000000000000000000000000000");
    }

    /// Listens; the group is opened by [#join].
    void start(int port, ShardListener... listeners) throws IOException {
        RaftSettings settings =
                new RaftSettings(
                        name(),
                        directory.resolve("raft"),
                        "127.0.0.1",
                        port,
                        "127.0.0.1",
                        port,
                        Duration.ofMillis(600),
                        Duration.ofMillis(1200),
                        Duration.ofMillis(100),
                        Duration.ofMillis(300),
                        limits.entryBytesMax());
        node = RaftNode.create(settings, fatal);
        Executor background = ForkJoinPool.commonPool();
        shard =
                new LocalShard(
                        new ShardSetup(
                                "cluster",
                                shardId,
                                directory.resolve("shard"),
                                limits,
                                () -> java.time.Instant.ofEpochMilli(clockMs.get()),
                                System::nanoTime,
                                Thread.ofPlatform()
                                        .daemon()
                                        .name("shard-" + nodeId + "-", 0)
                                        .factory(),
                                background,
                                new BucketCheckpoints(),
                                Duration.ofMillis(600),
                                diskFull::get,
                                commitTimesNs::add,
                                fatal),
                        log);
        for (ShardListener listener : listeners) {
            shard.addListenerFromStart(listener);
        }
        shard.register(node);
        node.start();
    }

    void join(List<RaftMember> members) throws IOException {
        shard.start(node, members);
    }

    RaftGroupHandle group() throws IOException {
        return node.group(RaftGroups.idOf("cluster", shardId), List.of());
    }

    void awaitReady() {
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> shard.leadership() instanceof Leadership.Ready);
    }

    CommandOutcome open(PartitionId id) {
        return get(shard.submit(new ShardCommand.OpenPartition(id, "topic", "{}", 0, 0)));
    }

    AppendTicket append(PartitionId id, ByteBuffer batches) {
        return shard.append(
                new AppendRequest(id, batches, Acks.ALL, Origin.CLIENT, AppendRules.DEFAULT));
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("no answer", e);
        }
    }

    @Override
    public void close() throws IOException {
        node.close();
        shard.close();
    }

    private final class BucketCheckpoints implements CheckpointSource {
        @Override
        public ShardCheckpoint load(ShardId id, long endIndex) throws IOException {
            ShardCheckpoint checkpoint = bucket.get(endIndex);
            if (checkpoint == null) {
                throw new IOException("no checkpoint: endIndex=" + endIndex);
            }
            return checkpoint;
        }

        @Override
        public Optional<ShardCheckpoint> newest(ShardId id) {
            return bucket.values().stream()
                    .max(java.util.Comparator.comparingLong(ShardCheckpoint::endIndex));
        }
    }
}
