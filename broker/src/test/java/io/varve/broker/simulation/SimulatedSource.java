// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import io.varve.archiver.CommittedFrame;
import io.varve.archiver.ShardSource;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.CommandOutcome;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.ShardArchiveSource;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/// The real source of a shard's archiver, except that a command which waits for its answer makes
/// the simulated group go on meanwhile, because nobody else would. Now and then it does not wait
/// long enough. Owner: the simulation.
final class SimulatedSource implements ShardSource {
    private final SimulatedShard owner;
    private final SimulatedReplica replica;
    private final LocalShard shard;
    private final ShardArchiveSource real;

    SimulatedSource(SimulatedShard owner, SimulatedReplica replica, long term) {
        this.owner = owner;
        this.replica = replica;
        this.shard = replica.shard();
        this.real = new ShardArchiveSource(shard, replica.log(), term, Duration.ofDays(1));
    }

    /// The process that this is a part of died meanwhile.
    private boolean isGone() {
        return !replica.isUp() || replica.shard() != shard;
    }

    @Override
    public ShardId shard() {
        return real.shard();
    }

    @Override
    public long term() {
        return real.term();
    }

    @Override
    public boolean isLeader() {
        return !isGone() && real.isLeader();
    }

    @Override
    public long appliedEndIndex() {
        return real.appliedEndIndex();
    }

    @Override
    public long firstReadableIndex() {
        return real.firstReadableIndex();
    }

    @Override
    public OptionalLong termAt(long index) {
        return real.termAt(index);
    }

    @Override
    public List<CommittedFrame> frames(long fromIndex, long toIndex, int maxBytes)
            throws IOException {
        return real.frames(fromIndex, toIndex, maxBytes);
    }

    @Override
    public ByteBuffer readHot(PartitionId partition, long offset, long endOffset, int maxBytes)
            throws IOException {
        return real.readHot(partition, offset, endOffset, maxBytes);
    }

    @Override
    public List<HotPartition> partitions() {
        return real.partitions();
    }

    @Override
    public void archived(PartitionId partition, long archivedEnd, ManifestRef manifest)
            throws CommandFailedException {
        run(new ShardCommand.SetArchived(partition, archivedEnd, manifest));
    }

    @Override
    public void moveLogStart(PartitionId partition, long logStart) throws CommandFailedException {
        owner.deletionAsked(partition, logStart);
        run(new ShardCommand.MoveLogStart(partition, logStart));
    }

    @Override
    public void raiseFloor(long endIndex, long lastTerm) throws CommandFailedException {
        run(new ShardCommand.RaiseFloor(endIndex, lastTerm));
    }

    private void run(ShardCommand command) throws CommandFailedException {
        if (!isLeader()) {
            throw new CommandFailedException("leadership is over: term=" + term());
        }
        CompletableFuture<CommandOutcome> outcome = shard.submit(command);
        owner.whileSomebodyWaits();
        if (!outcome.isDone()) {
            throw new CommandFailedException("outcome of command unknown: command=" + command);
        }
        if (!outcome.resultNow().holds()) {
            throw new CommandFailedException(
                    "command refused: command=" + command + ", outcome=" + outcome.resultNow());
        }
    }
}
