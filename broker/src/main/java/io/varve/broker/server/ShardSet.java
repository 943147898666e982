// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.StepResult;
import io.varve.broker.cold.ColdTier;
import io.varve.broker.config.BrokerConfig;
import io.varve.broker.log.LocalDisk;
import io.varve.broker.log.ShardLog;
import io.varve.broker.log.ShardLogSettings;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftNode;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftSettings;
import io.varve.broker.raft.UnbornGroups;
import io.varve.broker.shard.CheckpointSource;
import io.varve.broker.shard.HotRetention;
import io.varve.broker.shard.LocalRetention;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardArchiveSource;
import io.varve.broker.shard.ShardLimits;
import io.varve.broker.shard.ShardSetup;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All shards of this broker and the Raft node that carries them. Open, add listeners, start; close
/// in the end. Owner: the starting thread; what it gives out is thread-safe.
final class ShardSet implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardSet.class);

    /// Longer than the writer's own limit, so that its answer comes first.
    private static final Duration COMMAND_TIMEOUT =
            ShardLimits.DEFAULT.produceTimeout().plusSeconds(10);

    /// A replica is never repaired or started empty: either could forget what was acknowledged.
    private static final String REPLACE_DAMAGED =
            "; move the data directory away and restore: varve recover run --cluster --bucket URL";

    private final SortedMap<Integer, Opened> shards = new TreeMap<>();
    private final RaftNode raft;
    private final Path raftFolder;

    /// A shard with its log and the checkpoint that it started from.
    record Opened(LocalShard shard, ShardLog log, Optional<ShardCheckpoint> checkpoint) {
        ShardArchiveSource archiveSource(long term) {
            return new ShardArchiveSource(shard, log, term, COMMAND_TIMEOUT);
        }

        /// What makes room on local disk, one step at a time.
        Supplier<StepResult> retention(LocalRetention retention, InstantSource clock) {
            return new HotRetention(shard, log, retention, clock)::step;
        }
    }

    private ShardSet(RaftNode raft, Path raftFolder) {
        this.raft = raft;
        this.raftFolder = raftFolder;
    }

    /// Opens the shards that the directory holds, or makes them; a shard of a restored generation
    /// begins from its first checkpoint in the bucket.
    ///
    /// @param commitTimes hears, for a shard by number, how long each commit took
    static ShardSet open(
            BrokerConfig config,
            DataDirectory directory,
            DirectoryIdentity identity,
            CheckpointSource checkpoints,
            ExecutorService background,
            BrokerExit exit,
            IntFunction<LongConsumer> commitTimes)
            throws IOException, BrokerStartException {
        BrokerConfig.Listeners listeners = config.listeners();
        ShardLimits limits =
                ShardLimits.of(
                        config.topics().maxMessageBytesLimit(),
                        Duration.ofMillis(config.topics().producerIdExpirationMs()));
        Files.createDirectories(directory.raft());
        UnbornGroups.remove(directory.raft(), config.node().seeds().isEmpty());
        RaftNode raft =
                RaftNode.create(
                        RaftSettings.of(
                                new RaftPeerName(identity.nodeId(), identity.peerBits()),
                                directory.raft(),
                                listeners.raft().host(),
                                listeners.raft().port(),
                                limits.entryBytesMax()),
                        exit::halt);
        ShardSet set = new ShardSet(raft, directory.raft());
        try {
            for (ShardId id : identity.shards()) {
                Path folder = directory.shard(id);
                seed(folder, id, checkpoints);
                set.shards.put(
                        id.shard(),
                        openShard(
                                config,
                                limits,
                                identity,
                                id,
                                folder,
                                checkpoints,
                                background,
                                exit,
                                commitTimes.apply(id.shard())));
            }
            return set;
        } catch (IOException | CorruptObjectException e) {
            set.close();
            throw new BrokerStartException(
                    "cannot open the shards: log.dirs="
                            + directory.root()
                            + ", error="
                            + e.getMessage()
                            + REPLACE_DAMAGED,
                    e);
        }
    }

    /// The first checkpoint of a restored shard, from the bucket; nothing in generation 1.
    private static void seed(Path folder, ShardId id, CheckpointSource checkpoints)
            throws IOException {
        if (id.generation() == 1 || LocalShard.checkpointIn(folder).isPresent()) {
            return;
        }
        ShardCheckpoint first =
                checkpoints
                        .newest(id)
                        .orElseThrow(() ->
                                new IOException(
                                        "restored shard has no checkpoint in the bucket: shard="
                                                + id));
        LocalShard.seed(folder, first);
        LOG.info(
                "shard begins from the bucket: shard={}, partitions={}, endIndex={}",
                id,
                first.partitions().size(),
                first.endIndex());
    }

    private static Opened openShard(
            BrokerConfig config,
            ShardLimits limits,
            DirectoryIdentity identity,
            ShardId id,
            Path folder,
            CheckpointSource checkpoints,
            ExecutorService background,
            BrokerExit exit,
            LongConsumer commitTimes)
            throws IOException {
        Path logFolder = Files.createDirectories(folder.resolve("log"));
        ShardLog log =
                ShardLog.open(
                        new LocalDisk(logFolder),
                        ShardLogSettings.defaults()
                                .withFileBytes(Math.toIntExact(config.hotTier().fileBytes())),
                        System::nanoTime,
                        new SecureRandom(),
                        background);
        log.damages()
                .forEach(damage ->
                        LOG.error(
                                "damage on local disk: shard={}, folder={}, {}; below the floor the bucket has it, above it the broker cannot go on{}",
                                id,
                                logFolder,
                                damage.getMessage(),
                                REPLACE_DAMAGED));
        ShardSetup setup =
                new ShardSetup(
                        identity.clusterId(),
                        id,
                        folder,
                        limits,
                        InstantSource.system(),
                        System::nanoTime,
                        Thread.ofPlatform().daemon().name("shard-" + id.shard() + "-", 0).factory(),
                        background,
                        checkpoints,
                        Duration.ofSeconds(4),
                        commitTimes,
                        exit::halt);
        LocalShard shard = LocalShard.open(setup, log);
        return new Opened(shard, log, LocalShard.checkpointIn(folder));
    }

    /// Tells each shard's cold tier which journals it still needs.
    void tellJournals(ColdTier cold) {
        shards.values()
                .forEach(opened ->
                        opened.checkpoint()
                                .ifPresent(checkpoint ->
                                        cold.journals(opened.shard().id())
                                                .checkpointed(checkpoint)));
    }

    /// Listens for other brokers and begins to elect.
    void start() throws BrokerStartException {
        try {
            shards.values().forEach(opened -> opened.shard().register(raft));
            raft.start();
            List<RaftMember> members = List.of(raft.self());
            for (Opened opened : shards.values()) {
                opened.shard().start(raft, members);
            }
        } catch (IOException e) {
            throw new BrokerStartException(
                    "cannot start Raft: raft.listener=" + e.getMessage() + "; is the port free?",
                    e);
        } catch (CompletionException | IllegalStateException e) {
            throw new BrokerStartException(
                    "Raft's log cannot be read: folder="
                            + raftFolder
                            + ", error="
                            + rootOf(e).getMessage()
                            + REPLACE_DAMAGED,
                    e);
        }
    }

    private static Throwable rootOf(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /// By shard number, shard 0 first.
    SortedMap<Integer, Opened> shards() {
        return shards;
    }

    /// The shards that carry topics, by number.
    SortedMap<Integer, Shard> dataShards() {
        SortedMap<Integer, Shard> data = new TreeMap<>();
        shards.tailMap(1).forEach((number, opened) -> data.put(number, opened.shard()));
        return data;
    }

    Optional<Shard> shard(int number) {
        return Optional.ofNullable(shards.get(number)).map(Opened::shard);
    }

    Opened metadata() {
        Opened metadata = shards.get(ShardId.METADATA_SHARD);
        if (metadata == null) {
            throw new IllegalStateException("no metadata shard");
        }
        return metadata;
    }

    /// Stops Raft first (it may still write), then the shards. Idempotent.
    @Override
    public void close() {
        List<AutoCloseable> parts = new ArrayList<>(List.of(raft));
        shards.values().forEach(opened -> parts.add(opened.shard()));
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("closing failed: part={}", part, e);
            }
        }
    }
}
