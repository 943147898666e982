// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.archiver.StepResult;
import io.varve.broker.cold.ColdTier;
import io.varve.broker.config.BrokerConfig;
import io.varve.broker.log.ShardLog;
import io.varve.broker.raft.PeerHandler;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftNode;
import io.varve.broker.raft.UnbornGroups;
import io.varve.broker.shard.HotRetention;
import io.varve.broker.shard.LocalRetention;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardArchiveSource;
import io.varve.broker.shard.ShardLimits;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All shards of this broker and the Raft node that carries them. Open, add listeners, start; later
/// shards are opened and started one by one; close in the end. What it gives out is thread-safe;
/// opening and starting belong to one thread at a time.
final class ShardSet implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardSet.class);

    /// Longer than the writer's own limit, so that its answer comes first.
    private static final Duration COMMAND_TIMEOUT =
            ShardLimits.DEFAULT.produceTimeout().plusSeconds(10);

    /// A replica is never repaired or started empty: either could forget what was acknowledged.
    static final String REPLACE_DAMAGED =
            "; move the data directory away: with other brokers alive this one joins them anew, alone restore: varve recover run --cluster --bucket URL";

    private final ConcurrentSkipListMap<Integer, Opened> shards = new ConcurrentSkipListMap<>();
    private final ConcurrentSkipListMap<Integer, Shard> data = new ConcurrentSkipListMap<>();
    private final ShardFolders folders;
    private final DirectoryIdentity identity;
    private final RaftNode raft;
    private final Path raftFolder;

    /// A shard with its log and the checkpoint that it started from.
    record Opened(
            LocalShard shard,
            ShardLog log,
            Optional<ShardCheckpoint> checkpoint,
            AtomicBoolean started) {
        ShardArchiveSource archiveSource(long term) {
            return new ShardArchiveSource(shard, log, term, COMMAND_TIMEOUT);
        }

        /// What makes room on local disk, one step at a time.
        Supplier<StepResult> retention(LocalRetention retention, InstantSource clock) {
            return new HotRetention(shard, log, retention, clock)::step;
        }
    }

    private ShardSet(
            ShardFolders folders, DirectoryIdentity identity, RaftNode raft, Path raftFolder) {
        this.folders = folders;
        this.identity = identity;
        this.raft = raft;
        this.raftFolder = raftFolder;
    }

    /// Opens the shards that the directory holds, and those that its identity names.
    static ShardSet open(
            BrokerConfig config,
            DataDirectory directory,
            DirectoryIdentity identity,
            ShardFolders folders,
            RaftNode raft)
            throws IOException, BrokerStartException {
        Files.createDirectories(directory.raft());
        UnbornGroups.remove(directory.raft(), config.node().seeds().size() <= 1);
        ShardSet set = new ShardSet(folders, identity, raft, directory.raft());
        try {
            SortedSet<ShardId> known = new TreeSet<>(identity.shards());
            known.addAll(directory.shards(identity.generation()));
            for (ShardId id : known) {
                boolean named = identity.shards().contains(id);
                set.open(
                        id,
                        named && identity.founder()
                                ? ShardFolders.Origin.FOUNDED
                                : named ? ShardFolders.Origin.JOINED : ShardFolders.Origin.BORN);
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

    /// Opens a shard that is not here yet; it is started by [#start(ShardId, List)].
    Opened open(ShardId id, ShardFolders.Origin origin) throws IOException {
        Opened opened = folders.open(id, origin);
        shards.put(id.shard(), opened);
        if (!id.isMetadata()) {
            data.put(id.shard(), opened.shard());
        }
        return opened;
    }

    /// Tells each shard's cold tier which journals it still needs.
    void tellJournals(ColdTier cold) {
        shards.values().forEach(opened -> tellJournals(cold, opened));
    }

    static void tellJournals(ColdTier cold, Opened opened) {
        opened.checkpoint()
                .ifPresent(
                        checkpoint -> cold.journals(opened.shard().id()).checkpointed(checkpoint));
    }

    /// Listens for other brokers and begins to elect.
    ///
    /// @param handlers what other brokers may ask this one
    void start(Map<String, PeerHandler> handlers) throws BrokerStartException {
        try {
            shards.values().forEach(opened -> opened.shard().register(raft));
            raft.start(handlers);
            for (Opened opened : shards.values()) {
                startKnown(opened);
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

    /// A group that Raft holds goes on; the founder's own begin with it alone; the metadata shard
    /// of one who joins waits to be taken in. Any other was opened and never begun: the metadata
    /// tells how it begins.
    private void startKnown(Opened opened) throws IOException, BrokerStartException {
        ShardId id = opened.shard().id();
        if (opened.shard().isHeldBy(raft)) {
            start(opened, List.of());
            return;
        }
        if (opened.log().firstIndex().isPresent()) {
            throw new BrokerStartException(
                    "Raft's part of a shard is gone, its frames are there: shard="
                            + id
                            + ", missing in="
                            + raftFolder
                            + REPLACE_DAMAGED);
        }
        if (identity.shards().contains(id)) {
            start(opened, identity.founder() ? List.of(raft.self()) : List.of());
        }
    }

    /// Starts a shard that was opened.
    ///
    /// @param members of its group when that is new, see [RaftNode#group]
    void start(ShardId id, List<RaftMember> members) throws IOException {
        Opened opened = shards.get(id.shard());
        if (opened != null && !opened.started().get()) {
            if (!opened.shard().isRegistered(raft)) {
                opened.shard().register(raft);
            }
            start(opened, members);
        }
    }

    private void start(Opened opened, List<RaftMember> members) throws IOException {
        if (opened.started().compareAndSet(false, true)) {
            opened.shard().start(raft, members);
            LOG.info(
                    "shard started: shard={}, members={}",
                    opened.shard().id(),
                    members.isEmpty() ? "as known" : members);
        }
    }

    private static Throwable rootOf(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /// By shard number, shard 0 first; a live view.
    SortedMap<Integer, Opened> shards() {
        return Collections.unmodifiableSortedMap(shards);
    }

    /// The shards that carry topics, by number; a live view.
    SortedMap<Integer, Shard> dataShards() {
        return Collections.unmodifiableSortedMap(data);
    }

    /// Whether a shard's Raft group is up here.
    boolean runs(int number) {
        Opened opened = shards.get(number);
        return opened != null && opened.shard().raft().isPresent();
    }

    RaftMember self() {
        return raft.self();
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
