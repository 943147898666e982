// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import io.varve.broker.log.ForgetfulDisk;
import io.varve.broker.log.ShardLog;
import io.varve.broker.log.ShardLogSettings;
import io.varve.broker.raft.LogPosition;
import io.varve.broker.raft.RaftRole;
import io.varve.broker.raft.SubmitOutcome;
import io.varve.broker.shard.HotRetention;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.ShardListener;
import io.varve.broker.shard.ShardSetup;
import io.varve.broker.shard.SteppedShard;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One replica of a shard: a disk that forgets, a Raft log that is played, and, while its process
/// runs, the real shard over the real shard log.
///
/// Raft's promises, as Ratis keeps them: an entry is on disk only after the frame's bytes are; only
/// what is on this disk is committed here; the log lets go of whole segments below the floor.
///
/// Owner: the simulation.
final class SimulatedReplica implements SteppedShard.Group {
    private static final int SEGMENT_ENTRIES = 12;

    final int number;
    final ShardId shardId;
    private final SimulatedWorld world;
    private final SplittableRandom random;
    private final Path directory;
    private final ForgetfulDisk disk;
    private final ShardLogSettings settings;
    private final SubmitWatch watch;

    // What survives a crash.
    private final ArrayList<RaftEntry> entries = new ArrayList<>();
    private final TreeSet<Long> closedEnds = new TreeSet<>();
    private long logStart;
    private long term;
    private long onDiskEnd;

    // The process.
    private @Nullable Running process;
    boolean cutOff;

    /// Told what goes to Raft.
    interface SubmitWatch {
        /// Before a frame is put into the log: leadership may move and come back meanwhile.
        void submitting(SimulatedReplica replica);

        void submitted(long entryTerm, ByteBuffer table);

        /// Readers of this replica may see more than before.
        void applied(PartitionView partition) throws IOException;
    }

    private final class Applied implements ShardListener {
        private final LocalShard shard;

        Applied(LocalShard shard) {
            this.shard = shard;
        }

        @Override
        public void onApplied(Set<PartitionId> changed) {
            for (PartitionId id : changed) {
                try {
                    Optional<PartitionView> view = shard.partition(id);
                    if (view.isPresent()) {
                        watch.applied(view.get());
                    }
                } catch (IOException e) {
                    failed("read of what was applied", e);
                }
            }
        }
    }

    /// What dies with the process.
    private static final class Running {
        final ShardLog log;
        final SteppedShard shard;
        final ArrayDeque<Runnable> background;
        final HotRetention retention;
        final TreeMap<Long, CompletableFuture<SubmitOutcome.End>> pending = new TreeMap<>();
        boolean leads;
        long readyIndex;
        long flushedEnd;
        long committedEnd;
        long appliedEnd;

        Running(
                ShardLog log,
                SteppedShard shard,
                ArrayDeque<Runnable> background,
                HotRetention retention) {
            this.log = log;
            this.shard = shard;
            this.background = background;
            this.retention = retention;
        }
    }

    SimulatedReplica(
            int number,
            ShardId shardId,
            SimulatedWorld world,
            SplittableRandom random,
            Path directory,
            SubmitWatch watch) {
        this.number = number;
        this.shardId = shardId;
        this.world = world;
        this.random = random;
        this.directory = directory;
        this.watch = watch;
        this.disk = new ForgetfulDisk(random);
        this.settings =
                new ShardLogSettings(
                        4_096 + random.nextInt(8_192),
                        random.nextBoolean() ? 0 : 5_000,
                        random.nextInt(4),
                        1 + random.nextInt(4),
                        60_000_000_000L,
                        random.nextBoolean());
    }

    // --- the process

    boolean isUp() {
        return process != null;
    }

    /// Whether its power went in the middle of something.
    boolean isDead() {
        return disk.powerIsCut();
    }

    private Running running() {
        if (process == null) {
            throw new IllegalStateException("not running: replica=" + this);
        }
        return process;
    }

    LocalShard shard() {
        return running().shard.shard();
    }

    ShardLog log() {
        return running().log;
    }

    void start() {
        ArrayDeque<Runnable> background = new ArrayDeque<>();
        try {
            ShardLog log =
                    ShardLog.open(disk, settings, world.clock::nanos, random, background::add);
            SteppedShard shard = SteppedShard.open(setup(background), log, this);
            HotRetention retention =
                    new HotRetention(shard.shard(), log, world.localRetention, world.clock);
            Running started = new Running(log, shard, background, retention);
            process = started;
            long floorEnd = shard.shard().floorEnd();
            if (floorEnd > end()) {
                restartLogAt(floorEnd);
            }
            shard.shard().addListenerFromStart(new Applied(shard.shard()));
            started.flushedEnd = end();
            started.committedEnd = floorEnd;
            started.appliedEnd = floorEnd;
            world.tally.count(Tally.What.RESTARTS_BEHIND_A_FLOOR, floorEnd > 0 ? 1 : 0);
            shard.raftIsOpen();
        } catch (IOException e) {
            failed("start", e);
        }
    }

    private ShardSetup setup(ArrayDeque<Runnable> background) {
        return new ShardSetup(
                SimulatedWorld.CLUSTER,
                shardId,
                directory,
                world.limits,
                world.clock,
                world.clock::nanos,
                Thread.ofPlatform().daemon().factory(),
                background::add,
                world.checkpoints,
                Duration.ofSeconds(1),
                () -> false,
                nanos -> {},
                this::failed);
    }

    /// Only a disk without power may fail.
    private void failed(String fact, Throwable cause) {
        if (!isDead()) {
            throw new AssertionError("replica " + this + " failed: " + fact, cause);
        }
    }

    private void restartLogAt(long index) {
        entries.clear();
        closedEnds.clear();
        logStart = index;
        onDiskEnd = index;
    }

    /// The power goes, now or in the middle of the change that it is at.
    void crash() {
        Running dying = process;
        process = null;
        disk.crash();
        long flushed = dying == null ? onDiskEnd : dying.flushedEnd;
        long left =
                onDiskEnd + (flushed > onDiskEnd ? random.nextLong(flushed - onDiskEnd + 1) : 0);
        cutEntries(left);
        onDiskEnd = left;
    }

    void cutPowerAfter(long changes) {
        disk.cutPowerAfter(changes);
    }

    private void cutEntries(long newEnd) {
        while (end() > newEnd) {
            entries.removeLast();
        }
        closedEnds.tailSet(newEnd, false).clear();
    }

    // --- Raft's log

    /// End (exclusive) of the log.
    long end() {
        return logStart + entries.size();
    }

    @Override
    public long logStart() {
        return logStart;
    }

    long term() {
        return term;
    }

    long onDiskEnd() {
        return onDiskEnd;
    }

    RaftEntry entry(long index) {
        return entries.get(Math.toIntExact(index - logStart));
    }

    @Override
    public OptionalLong termAt(long index) {
        return index >= logStart && index < end()
                ? OptionalLong.of(entry(index).term())
                : OptionalLong.empty();
    }

    /// Term of the last entry, that of the snapshot when there is none behind it.
    long lastTerm() {
        if (!entries.isEmpty()) {
            return entries.getLast().term();
        }
        return running().shard.replicated().snapshot().map(LogPosition::term).orElse(0L);
    }

    @Override
    public void purge(long lastIndex) {
        Running now = process;
        if (now == null) {
            return; // it is still starting: the log is opened behind the shard
        }
        long floorEnd = now.shard.shard().floorEnd();
        if (lastIndex >= floorEnd) {
            throw new AssertionError(
                    "purged above the floor: lastIndex=" + lastIndex + ", floorEnd=" + floorEnd);
        }
        Long newStart = closedEnds.floor(lastIndex + 1);
        world.tally.count(Tally.What.LOG_PURGES, newStart != null && logStart < newStart ? 1 : 0);
        while (newStart != null && logStart < newStart) {
            entries.removeFirst();
            logStart++;
        }
    }

    @Override
    public void closeSegment() {
        if (!entries.isEmpty()) {
            closedEnds.add(end());
        }
    }

    private void add(RaftEntry entry) {
        entries.add(entry);
        if (end() % SEGMENT_ENTRIES == 0) {
            closedEnds.add(end());
        }
    }

    // --- leading

    boolean leads() {
        return process != null && process.leads;
    }

    @Override
    public RaftRole role() {
        Running now = process;
        boolean leads = now != null && now.leads;
        return new RaftRole(
                term, leads, leads && now.appliedEnd > now.readyIndex, Optional.empty());
    }

    void lead(long newTerm) {
        Running now = running();
        term = newTerm;
        now.leads = true;
        now.readyIndex = end();
        add(new RaftEntry(newTerm, end(), null));
        now.shard.replicated().leadershipMayHaveChanged();
    }

    /// A term was heard of: what was led in an older one is over.
    void learn(long newTerm) {
        if (newTerm > term) {
            term = newTerm;
            stepDown();
        }
    }

    @Override
    public void stepDown() {
        Running now = process;
        if (now == null || !now.leads) {
            return;
        }
        now.leads = false;
        List<CompletableFuture<SubmitOutcome.End>> lost = List.copyOf(now.pending.values());
        now.pending.clear();
        lost.forEach(end -> end.complete(new SubmitOutcome.Lost("leadership lost")));
        now.shard.replicated().leadershipMayHaveChanged();
    }

    @Override
    public SubmitOutcome submit(ByteBuffer table, ByteBuffer body) {
        watch.submitting(this);
        Running now = running();
        if (!now.leads) {
            return new SubmitOutcome.Refused("not the leader");
        }
        RaftEntry entry = new RaftEntry(term, end(), table);
        watch.submitted(term, table);
        add(entry);
        write(entry, body);
        CompletableFuture<SubmitOutcome.End> end = new CompletableFuture<>();
        now.pending.put(entry.index(), end);
        return new SubmitOutcome.Logged(new LogPosition(term, entry.index()), end);
    }

    private void write(RaftEntry entry, ByteBuffer body) {
        done(
                running()
                        .shard
                        .replicated()
                        .write(entry.term(), entry.index(), entry.tableBytes(), body),
                "write");
    }

    /// @return whether it succeeded
    private boolean done(CompletableFuture<?> future, String what) {
        if (!future.isDone()) {
            throw new AssertionError("not done at once: " + what + ", replica=" + this);
        }
        if (future.isCompletedExceptionally()) {
            failed(what, future.exceptionNow());
            return false;
        }
        return true;
    }

    // --- following

    /// The leader's entry, behind all that this log holds.
    void append(RaftEntry entry, @Nullable ByteBuffer body) {
        if (entry.index() != end()) {
            throw new AssertionError("hole in a log: replica=" + this + ", entry=" + entry);
        }
        add(entry);
        if (body != null) {
            write(entry, body);
        }
    }

    /// Entries from here on are another leader's now.
    void truncate(long newEnd) {
        Running now = running();
        if (newEnd < now.committedEnd) {
            throw new AssertionError("committed entries truncated: replica=" + this);
        }
        cutEntries(newEnd);
        now.flushedEnd = Math.min(now.flushedEnd, newEnd);
        onDiskEnd = Math.min(onDiskEnd, newEnd);
    }

    /// What a follower is sent; read from this replica's disk.
    Optional<ByteBuffer> body(RaftEntry entry) {
        CompletableFuture<ByteBuffer> read =
                running().shard.replicated().read(entry.term(), entry.index());
        runBackground();
        return done(read, "read of " + entry.index())
                ? Optional.of(read.resultNow())
                : Optional.empty();
    }

    void installFrom(long leaderLogStart) {
        Running now = running();
        CompletableFuture<LogPosition> installed =
                now.shard.replicated().installCheckpoint(leaderLogStart);
        runBackground();
        if (!done(installed, "install of a checkpoint")) {
            return;
        }
        now.shard.replicated().restartFromSnapshot();
        long floorEnd = now.shard.shard().floorEnd();
        restartLogAt(floorEnd);
        now.flushedEnd = floorEnd;
        now.committedEnd = floorEnd;
        now.appliedEnd = floorEnd;
    }

    // --- what goes on by itself

    void stepWriter() {
        running().shard.stepWriter();
    }

    void flush() {
        Running now = running();
        long last = end();
        if (last > now.flushedEnd && done(now.shard.replicated().flush(last - 1), "flush")) {
            now.flushedEnd = last;
        }
    }

    /// Raft's own entries reach the disk, behind the frames that they speak of.
    void writeHeaders() {
        onDiskEnd = Math.max(onDiskEnd, running().flushedEnd);
    }

    long committedEnd() {
        return running().committedEnd;
    }

    void committed(long end) {
        Running now = running();
        now.committedEnd = Math.max(now.committedEnd, Math.min(end, onDiskEnd));
    }

    long appliedEnd() {
        return running().appliedEnd;
    }

    void apply(int entriesMax) {
        Running now = running();
        for (int i = 0; i < entriesMax && now.appliedEnd < now.committedEnd && !isDead(); i++) {
            RaftEntry entry = entry(now.appliedEnd);
            try {
                if (entry.isFrame()) {
                    now.shard.replicated().apply(entry.term(), entry.index(), entry.tableBytes());
                } else {
                    now.shard.replicated().applyOther(entry.term(), entry.index());
                }
            } catch (RuntimeException e) {
                failed("apply of " + entry.index(), e);
                return;
            }
            now.appliedEnd++;
            CompletableFuture<SubmitOutcome.End> waiting = now.pending.remove(entry.index());
            if (waiting != null) {
                waiting.complete(new SubmitOutcome.Applied());
            }
            if (now.leads && entry.index() == now.readyIndex) {
                now.shard.replicated().leadershipMayHaveChanged();
            }
        }
    }

    void runBackground() {
        ArrayDeque<Runnable> tasks = running().background;
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    HotRetention retention() {
        return running().retention;
    }

    @Override
    public String toString() {
        return shardId + "#" + number;
    }
}
