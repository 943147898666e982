// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.ShardLog;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftRole;
import io.varve.broker.raft.ReplicatedLog;
import io.varve.broker.raft.SubmitOutcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A shard without threads and without Ratis: its writer goes on when it is stepped, its disk work
/// is done in the caller's thread, and its Raft group is the caller's. Owner: one thread.
public final class SteppedShard {
    private final LocalShard shard;

    /// What stands for this replica of the Raft group.
    public interface Group {
        SubmitOutcome submit(ByteBuffer table, ByteBuffer body);

        RaftRole role();

        void stepDown();

        void purge(long lastIndex);

        void closeSegment();

        long logStart();

        OptionalLong termAt(long index);
    }

    private SteppedShard(LocalShard shard) {
        this.shard = shard;
    }

    /// Opens what the directory and the log hold.
    public static SteppedShard open(ShardSetup setup, ShardLog log, Group group)
            throws IOException {
        return new SteppedShard(
                new LocalShard(
                        setup,
                        new ShardLogFrames(log),
                        new Replica(group),
                        new Inline(),
                        new Inline()));
    }

    /// Raft's log is open: before anything is applied.
    public void raftIsOpen() {
        shard.groupIsOpen();
    }

    public LocalShard shard() {
        return shard;
    }

    /// What Raft tells the shard.
    public ReplicatedLog replicated() {
        return shard.replicatedLog();
    }

    public void stepWriter() {
        shard.writer().step();
    }

    private record Replica(Group group) implements RaftReplica {
        @Override
        public SubmitOutcome submit(ByteBuffer table, ByteBuffer body) {
            return group.submit(table, body);
        }

        @Override
        public RaftRole role() {
            return group.role();
        }

        @Override
        public void stepDown() {
            group.stepDown();
        }

        @Override
        public CompletableFuture<Void> transferTo(RaftPeerName next, Duration limit) {
            return CompletableFuture.failedFuture(new IllegalStateException("nobody asks for it"));
        }

        @Override
        public boolean heardMajorityWithin(Duration limit) {
            return true;
        }

        @Override
        public void purge(long lastIndex) {
            group.purge(lastIndex);
        }

        @Override
        public void closeSegment() {
            group.closeSegment();
        }

        @Override
        public OptionalLong logStart() {
            return OptionalLong.of(group.logStart());
        }

        @Override
        public OptionalLong termAt(long index) {
            return group.termAt(index);
        }
    }

    private static final class Inline extends AbstractExecutorService {
        private boolean shutdown;

        @Override
        public void execute(Runnable command) {
            command.run();
        }

        @Override
        public void shutdown() {
            shutdown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutdown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutdown;
        }

        @Override
        public boolean isTerminated() {
            return shutdown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutdown;
        }
    }
}
