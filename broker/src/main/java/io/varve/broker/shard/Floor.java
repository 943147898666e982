// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.LogPosition;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The floor of a replica: the checkpoint that it holds on disk and shows to Raft as a snapshot. It
/// moves up only when the checkpoint is durable here, because from then on Raft's log below it may
/// go.
///
/// Thread-safe; at most one load runs, and only the newest floor that was asked for is loaded.
final class Floor {
    private static final Logger LOG = LoggerFactory.getLogger(Floor.class);
    private static final long NONE = -1;

    private final ShardId shard;
    private final CheckpointFile file;
    private final CheckpointSource source;
    private final Executor background;
    private final Runnable raised;
    private final AtomicLong wantedEnd = new AtomicLong(NONE);
    private final AtomicBoolean loading = new AtomicBoolean();
    private final ReentrantLock installing = new ReentrantLock();
    private volatile @Nullable LogPosition shown;

    /// @param raised told after the floor moved; runs on the background executor
    Floor(
            ShardId shard,
            CheckpointFile file,
            CheckpointSource source,
            Executor background,
            Runnable raised) {
        this.shard = shard;
        this.file = file;
        this.source = source;
        this.background = background;
        this.raised = raised;
    }

    /// Starts from what the directory holds.
    void start(ShardCheckpoint checkpoint) {
        shown = positionOf(checkpoint).orElse(null);
    }

    /// A checkpoint at index 0 is the state that a restored shard begins with: there is no entry
    /// that it stands for.
    static Optional<LogPosition> positionOf(ShardCheckpoint checkpoint) {
        return checkpoint.endIndex() == 0
                ? Optional.empty()
                : Optional.of(new LogPosition(checkpoint.lastTerm(), checkpoint.endIndex() - 1));
    }

    Optional<LogPosition> position() {
        return Optional.ofNullable(shown);
    }

    /// End of what the floor covers; 0 when there is none.
    long end() {
        LogPosition position = shown;
        return position == null ? 0 : position.index() + 1;
    }

    /// A floor was applied. Returns at once.
    void raise(long endIndex) {
        wantedEnd.accumulateAndGet(endIndex, Math::max);
        loadInBackground();
    }

    private void loadInBackground() {
        if (loading.compareAndSet(false, true)) {
            background.execute(this::load);
        }
    }

    private void load() {
        long wanted = wantedEnd.getAndSet(NONE);
        try {
            if (wanted > end()) {
                install(source.load(shard, wanted));
                raised.run();
            }
        } catch (IOException | RuntimeException e) {
            // Nothing is lost: the old floor holds, and the next one that is raised is loaded in
            // its place.
            LOG.warn("floor not raised: shard={}, endIndex={}", shard, wanted, e);
        } finally {
            loading.set(false);
        }
        if (wantedEnd.get() != NONE) {
            loadInBackground();
        }
    }

    /// Makes a checkpoint durable here, then shows it. One that is not above the floor changes
    /// nothing: two are loaded at a time, perhaps, and what was shown to Raft is never taken back.
    void install(ShardCheckpoint checkpoint) throws IOException {
        if (!checkpoint.shard().equals(shard)) {
            throw new IOException(
                    "checkpoint of another shard: shard="
                            + shard
                            + ", checkpoint="
                            + checkpoint.shard());
        }
        installing.lock();
        try {
            if (checkpoint.endIndex() > end()) {
                file.save(checkpoint);
                shown = positionOf(checkpoint).orElse(null);
            }
        } finally {
            installing.unlock();
        }
    }

    Optional<ShardCheckpoint> saved() throws IOException {
        return file.load();
    }
}
