// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.DataSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.Slice;
import io.varve.broker.raft.FrameReadException;
import io.varve.broker.raft.LogPosition;
import io.varve.broker.raft.ReplicatedLog;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What Ratis tells a shard: frames to write, to make durable and to read, and entries to apply, in
/// the order of the log.
///
/// Writes and flushes have a thread each; entries are applied on Ratis's own, one at a time.
final class AppliedLog implements ReplicatedLog {
    private static final Logger LOG = LoggerFactory.getLogger(AppliedLog.class);
    private static final long ROOM_LOOK_NS = 50_000_000;

    private final ShardSetup setup;
    private final FrameLog log;
    private final ShardState state;
    private final ShardWriter writer;
    private final Floor floor;
    private final CheckpointInstalls installs;
    private final RaftReplica group;
    private final ExecutorService logThread;
    private final ExecutorService flushThread;
    private volatile @Nullable LogPosition lastWritten;
    private volatile long term;
    private volatile long endIndex;
    private volatile long startedAt;
    private volatile boolean stopping;
    private boolean rowsMade; // owned by the apply thread

    AppliedLog(
            ShardSetup setup,
            FrameLog log,
            ShardState state,
            ShardWriter writer,
            Floor floor,
            CheckpointInstalls installs,
            RaftReplica group,
            ExecutorService logThread,
            ExecutorService flushThread) {
        this.setup = setup;
        this.log = log;
        this.state = state;
        this.writer = writer;
        this.floor = floor;
        this.installs = installs;
        this.group = group;
        this.logThread = logThread;
        this.flushThread = flushThread;
    }

    /// Term of the last entry that is applied here.
    long term() {
        return term;
    }

    /// End (exclusive) of the entries that are applied here.
    long endIndex() {
        return endIndex;
    }

    /// Where this process began to apply: the end of the checkpoint that it started from.
    long startedAt() {
        return startedAt;
    }

    /// Goes on from a checkpoint.
    void load(ShardCheckpoint checkpoint) {
        state.load(checkpoint);
        floor.start(checkpoint);
        endIndex = checkpoint.endIndex();
        startedAt = checkpoint.endIndex();
        term = checkpoint.lastTerm();
    }

    /// Tells a listener the metadata of a checkpoint, if this is the metadata's shard.
    void tell(ShardCheckpoint checkpoint, ShardListener listener) {
        if (setup.shard().isMetadata() && !checkpoint.partitions().isEmpty()) {
            listener.onMetadataReset(
                    checkpoint.partitions().getFirst().highWatermark(), checkpoint.metadata());
        }
    }

    /// Takes no more work for the disk.
    void stop() {
        stopping = true;
        logThread.shutdown();
        flushThread.shutdown();
    }

    /// @return false when the disk is still busy after so long
    boolean awaitStopped(long timeoutMs) throws InterruptedException {
        return logThread.awaitTermination(timeoutMs, TimeUnit.MILLISECONDS)
                && flushThread.awaitTermination(timeoutMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public Optional<LogPosition> snapshot() {
        return floor.position();
    }

    @Override
    public CompletableFuture<Void> write(long term, long index, ByteBuffer table, ByteBuffer body) {
        return DiskWork.on(
                logThread,
                () -> {
                    awaitRoom();
                    log.append(term, index, table, body, !ledElsewhere());
                    lastWritten = new LogPosition(term, index);
                });
    }

    /// The leader has a disk of its own and knows nothing of this one. A write that fails ends the
    /// process; one that waits makes this replica lag, and leave the ISR, until there is room. The
    /// metadata goes on: the reserve is for that.
    private void awaitRoom() {
        while (setup.diskFull().getAsBoolean()
                && !stopping
                && !setup.shard().isMetadata()
                && ledElsewhere()) {
            LockSupport.parkNanos(ROOM_LOOK_NS);
        }
    }

    private boolean ledElsewhere() {
        return writer.leadership() instanceof Leadership.Elsewhere;
    }

    /// Not on the log's thread: the next frames are written while the last ones are made durable.
    /// Ratis flushes only what has been written. Not on Ratis's own thread either: it may be
    /// interrupted, which would close the file.
    @Override
    public CompletableFuture<Void> flush(long index) {
        return DiskWork.on(
                flushThread,
                () -> {
                    LogPosition covered = lastWritten;
                    log.flush();
                    if (covered != null) {
                        writer.flushed(covered);
                    }
                });
    }

    /// Ratis reads what it sends to a follower as soon as the entry is in its log, which may be
    /// before the frame is in ours: then the read comes behind the writes that wait.
    @Override
    public CompletableFuture<ByteBuffer> read(long term, long index) {
        if (isWritten(term, index)) {
            return CompletableFuture.supplyAsync(() -> readBody(term, index), setup.background());
        }
        return DiskWork.on(logThread, () -> {})
                .thenApplyAsync(_ -> readBody(term, index), setup.background());
    }

    private boolean isWritten(long term, long index) {
        LogPosition last = lastWritten;
        return last != null
                && (term < last.term() || (term == last.term() && index <= last.index()));
    }

    private ByteBuffer readBody(long term, long index) {
        try {
            return log.readBody(term, index);
        } catch (IOException | CorruptObjectException e) {
            throw new CompletionException(
                    new FrameReadException(
                            "frame cannot be read: term=" + term + ", index=" + index, e));
        }
    }

    @Override
    public void apply(long term, long index, ByteBuffer table) {
        if (index < endIndex) {
            return; // the local checkpoint covers it
        }
        makeRowsBelowFloor();
        FrameTable frame = FrameTable.decode(table);
        ShardState.Result result =
                state.apply(term, index, frame, kept -> makeRows(term, index, frame, kept));
        result.closed().forEach(log::closed);
        this.term = term;
        endIndex = index + 1;
        writer.applied(term, index, result);
        tellMetadata(term, index, result.kept());
        if (!result.changed().isEmpty()) {
            writer.listeners().forEach(listener -> listener.onApplied(result.changed()));
        }
        result.floor().ifPresent(raised -> floor.raise(raised.endIndex()));
    }

    private void makeRows(long term, long index, FrameTable frame, FrameTable kept) {
        try {
            log.committed(term, index, frame, kept);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Once, before the first entry above the checkpoint: Raft's log is open then. A group that is
    /// not known here yet has nothing to ask: the bucket serves those records.
    private void makeRowsBelowFloor() {
        if (rowsMade) {
            return;
        }
        rowsMade = true;
        try {
            int frames = new RowsBelowFloor(log, state, group::termAt).make(startedAt);
            if (frames > 0) {
                LOG.info(
                        "frames below the floor are served from local disk: shard={},"
                                + " frames={}",
                        setup.shard(),
                        frames);
            }
        } catch (IOException | CorruptObjectException e) {
            LOG.warn(
                    "some frames below the floor are served from the bucket only: shard={}",
                    setup.shard(),
                    e);
        }
    }

    private void tellMetadata(long term, long index, FrameTable kept) {
        if (!setup.shard().isMetadata() || kept.bodyBytes() == 0) {
            return;
        }
        try {
            ByteBuffer body = log.readBody(term, index);
            for (Slice slice : kept.slices()) {
                if (slice instanceof DataSlice data) {
                    ByteBuffer batches = body.slice(data.position(), data.length());
                    writer.listeners()
                            .forEach(listener ->
                                    listener.onMetadataRecords(
                                            data.baseOffset(),
                                            data.endOffset(),
                                            batches.duplicate()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("committed metadata cannot be read: index=" + index, e);
        }
    }

    @Override
    public void applyOther(long term, long index) {
        if (index < endIndex) {
            return;
        }
        makeRowsBelowFloor();
        try {
            log.committedOther(term, index);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.term = Math.max(this.term, term);
        endIndex = index + 1;
    }

    @Override
    public void leadershipMayHaveChanged() {
        writer.roleMayHaveChanged();
    }

    @Override
    public CompletableFuture<LogPosition> installCheckpoint(long firstIndex) {
        return installs.from(firstIndex);
    }

    @Override
    public void restartFromSnapshot() {
        try {
            ShardCheckpoint checkpoint =
                    floor.saved()
                            .orElseThrow(() ->
                                    new IOException(
                                            "no checkpoint to restart from: shard="
                                                    + setup.shard()));
            load(checkpoint);
            writer.listeners().forEach(listener -> tell(checkpoint, listener));
            writer.listeners()
                    .forEach(listener ->
                            listener.onApplied(
                                    Set.copyOf(
                                            checkpoint.partitions().stream()
                                                    .map(partition -> partition.id())
                                                    .toList())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
