// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.log.ShardLog;
import io.varve.broker.raft.RaftGroupHandle;
import io.varve.broker.raft.RaftGroups;
import io.varve.broker.raft.RaftMember;
import io.varve.broker.raft.RaftNode;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.ReplicatedLog;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/// A shard on this broker: ties its writer, its applied state, its log on disk and its floor to its
/// Raft group.
///
/// Order of use: construct, add listeners that must hear everything from the beginning,
/// [#register], start the node, [#start]. Thread-safe.
public final class LocalShard implements Shard, AutoCloseable {
    private static final long CLOSE_TIMEOUT_MS = 5_000;

    private final ShardSetup setup;
    private final FrameLog log;
    private final ShardState state;
    private final ShardWriter writer;
    private final BatchCheck check;
    private final Floor floor;
    private final Thread writerThread;
    private final AppliedLog replicated;
    private final RaftReplica group;
    private final OpenedRaftGroup opened = new OpenedRaftGroup();
    private volatile boolean closed;

    /// Replicas that keep up, as far as is known: nobody is refused before the first count.
    private volatile int inSync = Integer.MAX_VALUE;

    private volatile boolean cutOff;

    /// Opens what the directory holds: the checkpoint, or nothing.
    ///
    /// @throws CorruptObjectException the checkpoint is damaged
    LocalShard(ShardSetup setup, FrameLog log) throws IOException {
        this(
                setup,
                log,
                null,
                Executors.newSingleThreadExecutor(setup.threads()),
                Executors.newSingleThreadExecutor(setup.threads()));
    }

    /// @param replica null for one of Ratis, which [#start] opens
    LocalShard(
            ShardSetup setup,
            FrameLog log,
            @Nullable RaftReplica replica,
            ExecutorService logThread,
            ExecutorService flushThread)
            throws IOException {
        this.setup = setup;
        this.log = log;
        this.group = replica == null ? opened : replica;
        Files.createDirectories(setup.directory());
        this.state =
                new ShardState(
                        setup.shard(),
                        log,
                        this::newestTerm,
                        setup.limits().producerIdExpiration().toMillis());
        this.floor =
                new Floor(
                        setup.shard(),
                        new CheckpointFile(setup.directory()),
                        setup.checkpoints(),
                        setup.background(),
                        this::floorRaised);
        this.check = new BatchCheck(setup.clock(), setup.limits().batchBytesMax());
        this.writer =
                new ShardWriter(
                        setup.shard().toString(),
                        group,
                        state::partition,
                        state::lastFrameTimeMs,
                        setup.limits(),
                        setup.clock(),
                        setup.nanos(),
                        setup.commitTimes(),
                        setup.fatal());
        this.replicated =
                new AppliedLog(
                        setup,
                        log,
                        state,
                        writer,
                        floor,
                        new CheckpointInstalls(setup, floor, () -> closed),
                        group,
                        logThread,
                        flushThread);
        floor.saved().ifPresent(replicated::load);
        this.writerThread = setup.threads().newThread(writer);
    }

    /// The checkpoint in a shard's directory, if there is one.
    ///
    /// @throws CorruptObjectException it is damaged
    public static Optional<ShardCheckpoint> checkpointIn(Path directory) throws IOException {
        return new CheckpointFile(directory).load();
    }

    /// Gives an empty shard directory the checkpoint that the shard starts from: a restored
    /// generation, or a replica that takes its state from the bucket. Durable when it returns;
    /// before [#open].
    public static void seed(Path directory, ShardCheckpoint checkpoint) throws IOException {
        Files.createDirectories(directory);
        CheckpointFile file = new CheckpointFile(directory);
        if (file.load().isPresent()) {
            throw new IOException(
                    "shard directory has a checkpoint already: directory=" + directory);
        }
        file.save(checkpoint);
    }

    /// Opens a shard over its log on disk. The shard closes the log.
    public static LocalShard open(ShardSetup setup, ShardLog log) throws IOException {
        return new LocalShard(setup, new ShardLogFrames(log));
    }

    /// Says to the node that this shard carries its group. Once for each node.
    public void register(RaftNode node) {
        node.register(groupId(), replicated);
    }

    private UUID groupId() {
        return RaftGroups.idOf(setup.clusterId(), setup.shard());
    }

    /// Whether a node that was started found this shard's group on its disk.
    public boolean isHeldBy(RaftNode node) {
        return node.holds(groupId());
    }

    /// Whether [#register] was called for a node.
    public boolean isRegistered(RaftNode node) {
        return node.registered(groupId());
    }

    /// Opens or creates the group on a node that was started, see [RaftNode#group].
    public void start(RaftNode node, List<RaftMember> members) throws IOException {
        opened.open(node.group(groupId(), members));
        groupIsOpen();
        writerThread.start();
    }

    /// Raft's log is open here: it lets go of what is not on this disk any more.
    void groupIsOpen() {
        purgeBelow(log.firstIndex().orElse(Long.MAX_VALUE));
        writer.roleMayHaveChanged();
    }

    private long newestTerm() {
        return Math.max(replicated.term(), group.role().term());
    }

    @Override
    public ShardId id() {
        return setup.shard();
    }

    @Override
    public Leadership leadership() {
        return writer.leadership();
    }

    @Override
    public boolean leadsForSure() {
        return writer.leadership() instanceof Leadership.Ready
                && group.heardMajorityWithin(setup.majorityTimeout());
    }

    @Override
    public AppendTicket append(AppendRequest request) {
        if (request.acks() == Acks.ALL && inSync < request.rules().minInsyncReplicas()) {
            return AppendTicket.answered(
                    new AppendOutcome.Refused(
                            Errors.NOT_ENOUGH_REPLICAS,
                            "too few replicas keep up: inSync="
                                    + inSync
                                    + ", min.insync.replicas="
                                    + request.rules().minInsyncReplicas()));
        }
        return switch (check.check(request)) {
            case BatchCheck.Result.Bad(var error, String message, var faults) ->
                    AppendTicket.answered(new AppendOutcome.Refused(error, message, faults));
            case BatchCheck.Result.Good good -> {
                Pending.Append pending =
                        new Pending.Append(
                                request,
                                good,
                                new CompletableFuture<>(),
                                new CompletableFuture<>(),
                                deadlineNs());
                writer.offer(pending);
                yield new AppendTicket(pending.assigned(), pending.done());
            }
        };
    }

    @Override
    public CompletableFuture<CommandOutcome> submit(ShardCommand command) {
        CompletableFuture<CommandOutcome> done = new CompletableFuture<>();
        writer.offer(new Pending.Command(command, done, deadlineNs()));
        return done;
    }

    private long deadlineNs() {
        return setup.nanos().getAsLong() + setup.limits().produceTimeout().toNanos();
    }

    @Override
    public Optional<PartitionView> partition(PartitionId id) {
        return state.partition(id).map(PartitionView.class::cast);
    }

    @Override
    public Collection<PartitionView> partitions() {
        return List.copyOf(state.partitions());
    }

    /// For a listener that must hear everything from the beginning: before [#start]; it is told the
    /// checkpoint's metadata at once.
    public void addListenerFromStart(ShardListener listener) throws IOException {
        Optional<ShardCheckpoint> checkpoint = floor.saved();
        checkpoint.ifPresent(saved -> replicated.tell(saved, listener));
        writer.listeners().add(listener);
    }

    @Override
    public void addListener(ShardListener listener) {
        writer.addListener(listener);
    }

    @Override
    public void removeListener(ShardListener listener) {
        writer.removeListener(listener);
    }

    /// Told while this broker leads: how many replicas keep up, and whether no majority was heard.
    public void replicasSeen(int replicas, boolean alone) {
        inSync = replicas;
        cutOff = alone;
    }

    @Override
    public boolean cutOff() {
        return cutOff && writer.leadership() instanceof Leadership.Ready;
    }

    /// The Raft group, once it is open here.
    public Optional<RaftGroupHandle> raft() {
        return opened.handle();
    }

    /// @see ShardWriter#handOver
    public CompletableFuture<Void> handOver(RaftPeerName next, Duration limit) {
        return writer.handOver(next, limit);
    }

    /// What waits for this shard's writer, and for Raft.
    public WriterLoad load() {
        return writer.load();
    }

    /// End (exclusive) of the Raft entries that are applied here.
    public long appliedEndIndex() {
        return replicated.endIndex();
    }

    /// Where this process began to apply: the end of the checkpoint that it started from.
    long startedAtIndex() {
        return replicated.startedAt();
    }

    /// End (exclusive) of what the floor covers here.
    public long floorEnd() {
        return floor.end();
    }

    private void floorRaised() {
        purgeBelow(log.firstIndex().orElse(Long.MAX_VALUE));
    }

    /// Lets Raft go of entries below an index, never above the floor: a leader offers what its Raft
    /// log holds, so it starts where the frames on disk start, and a file goes only after Raft let
    /// go of its entries.
    void purgeBelow(long endIndex) {
        long last = Math.min(endIndex, floor.end()) - 1;
        if (last >= 0) {
            group.purge(last);
        }
    }

    /// Ends a segment of Raft's log here, so that files of the shard log do not wait until half a
    /// megabyte of headers is full.
    void closeRaftSegment() {
        group.closeSegment();
    }

    /// First index that Raft's log holds here; nothing is known before the group is open.
    OptionalLong raftLogStart() {
        return group.logStart();
    }

    OptionalLong raftTermAt(long index) {
        return group.termAt(index);
    }

    ShardState state() {
        return state;
    }

    ShardWriter writer() {
        return writer;
    }

    /// What Ratis is given.
    ReplicatedLog replicatedLog() {
        return replicated;
    }

    /// Stops the writer, then the log. The Raft node must be closed first: it may still write.
    @Override
    public void close() throws IOException {
        closed = true;
        writer.stop();
        replicated.stop();
        try {
            writerThread.join(CLOSE_TIMEOUT_MS);
            if (!replicated.awaitStopped(CLOSE_TIMEOUT_MS)) {
                throw new IOException("shard log still busy: shard=" + setup.shard());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.close();
    }
}
