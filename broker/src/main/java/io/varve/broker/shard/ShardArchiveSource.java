// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.archiver.CommittedFrame;
import io.varve.archiver.ShardSource;
import io.varve.broker.log.CommandSlice;
import io.varve.broker.log.CommittedEntry;
import io.varve.broker.log.DataSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.log.ShardLog;
import io.varve.broker.log.Slice;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A shard as its archiver sees it during one leadership. Thread-safe; reads block on the disk.
public final class ShardArchiveSource implements ShardSource {
    private final LocalShard shard;
    private final ShardLog log;
    private final long term;
    private final Duration commandTimeout;

    /// @param term of the leadership that this serves; it is over for good when the shard's term is
    ///   another
    /// @param commandTimeout longer than the writer's own limit, so that its answer comes first
    public ShardArchiveSource(LocalShard shard, ShardLog log, long term, Duration commandTimeout) {
        this.shard = shard;
        this.log = log;
        this.term = term;
        this.commandTimeout = commandTimeout;
    }

    @Override
    public ShardId shard() {
        return shard.id();
    }

    @Override
    public long term() {
        return term;
    }

    @Override
    public boolean isLeader() {
        return shard.leadership() instanceof Leadership.Ready(long ready) && ready == term;
    }

    @Override
    public long appliedEndIndex() {
        return shard.appliedEndIndex();
    }

    /// Entries below the floor that this process did not apply are not known to be committed, even
    /// where their frames are still on disk.
    @Override
    public long firstReadableIndex() {
        long first = log.firstIndex().orElse(shard.appliedEndIndex());
        if (log.termAt(first).isEmpty()) {
            first = Math.max(first, shard.startedAtIndex());
        }
        while (first > 0 && log.termAt(first - 1).isPresent()) {
            first--; // entries without a frame in front of the first one, such as configurations
        }
        return first;
    }

    @Override
    public OptionalLong termAt(long index) {
        if (index >= shard.appliedEndIndex()) {
            return OptionalLong.empty();
        }
        OptionalLong known = log.termAt(index);
        return known.isPresent() ? known : shard.raftTermAt(index);
    }

    @Override
    public List<CommittedFrame> frames(long fromIndex, long toIndex, int maxBytes)
            throws IOException {
        List<CommittedFrame> frames = new ArrayList<>();
        for (CommittedEntry entry : log.framesFrom(fromIndex, toIndex, maxBytes)) {
            frames.add(frameOf(entry));
        }
        if (frames.isEmpty() && fromIndex < toIndex) {
            throw new IOException(
                    "committed entry is not held here: shard="
                            + shard.id()
                            + ", index="
                            + fromIndex);
        }
        return frames;
    }

    private CommittedFrame frameOf(CommittedEntry entry) throws IOException {
        FrameTable kept = entry.kept().orElse(null);
        if (kept == null) {
            return new CommittedFrame(entry.term(), entry.index(), 0, List.of());
        }
        List<CommittedFrame.Slice> slices = new ArrayList<>(kept.slices().size());
        ByteBuffer body = ByteBuffer.allocate(0);
        if (kept.bodyBytes() > 0) {
            body =
                    log.readBody(
                            entry.location()
                                    .orElseThrow(() ->
                                            new IOException(
                                                    "frame is not on disk: index="
                                                            + entry.index())));
        }
        for (Slice slice : kept.slices()) {
            switch (slice) {
                case DataSlice data ->
                        slices.add(
                                new CommittedFrame.Data(
                                        data.id(),
                                        data.leaderEpoch(),
                                        data.batches(),
                                        body.slice(data.position(), data.length())));
                case CommandSlice(ShardCommand command) -> slices.addAll(factsOf(command));
            }
        }
        return new CommittedFrame(entry.term(), entry.index(), kept.leaderTimeMs(), slices);
    }

    private List<CommittedFrame.Slice> factsOf(ShardCommand command) {
        return switch (command) {
            case ShardCommand.OpenPartition c ->
                    control(
                            c.id(),
                            c.topicName(),
                            new ControlFact.Opened(
                                    c.startOffset(), c.baseEpoch(), c.topicRecordJson()));
            case ShardCommand.OpenRestored c ->
                    control(
                            c.id(),
                            c.topicName(),
                            new ControlFact.Opened(
                                    c.endOffset(), c.baseEpoch(), c.topicRecordJson()),
                            new ControlFact.Adopted(c.logStart(), c.manifest(), c.epochs()));
            case ShardCommand.ClosePartition c ->
                    control(
                            c.id(),
                            topicName(c.id()),
                            new ControlFact.Closed(
                                    shard.state()
                                            .departed(c.id())
                                            .map(ShardState.Departed::endOffset)
                                            .orElse(0L),
                                    c.reason()));
            case ShardCommand.ChangeTopic c ->
                    control(
                            c.id(),
                            topicName(c.id()),
                            new ControlFact.TopicChanged(c.topicRecordJson()));
            case ShardCommand.MoveLogStart c ->
                    control(c.id(), topicName(c.id()), new ControlFact.LogStartMoved(c.logStart()));
            case ShardCommand.SetArchived c ->
                    List.of(new CommittedFrame.Archived(c.id(), c.archivedEnd(), c.manifest()));
            case ShardCommand.RaiseFloor c -> List.of();
            case ShardCommand.Barrier c -> List.of();
        };
    }

    private static List<CommittedFrame.Slice> control(
            PartitionId id, String topicName, ControlFact... facts) {
        return Arrays.stream(facts)
                .<CommittedFrame.Slice>map(fact -> new CommittedFrame.Control(id, topicName, fact))
                .toList();
    }

    private String topicName(PartitionId id) {
        return shard.partition(id)
                .map(PartitionView::topicName)
                .or(() -> shard.state().departed(id).map(ShardState.Departed::topicName))
                .orElse("");
    }

    @Override
    public ByteBuffer readHot(PartitionId partition, long offset, long endOffset, int maxBytes)
            throws IOException {
        List<ByteBuffer> parts = new ArrayList<>();
        int bytes = 0;
        for (HotRange row : log.rowsFrom(partition, offset, maxBytes)) {
            Optional<HotLease> lease =
                    row.baseOffset() < endOffset ? log.lease(row) : Optional.empty();
            if (lease.isEmpty()) {
                break;
            }
            try (HotLease held = lease.get()) {
                for (BatchHeader batch : Batches.in(held.bytes())) {
                    boolean wanted = batch.lastOffset() >= offset && batch.endOffset() <= endOffset;
                    boolean fits = parts.isEmpty() || bytes + batch.sizeInBytes() <= maxBytes;
                    if (wanted && !fits) {
                        return joined(parts, bytes);
                    }
                    if (wanted) {
                        parts.add(batch.bytes());
                        bytes += batch.sizeInBytes();
                    }
                }
            }
        }
        return joined(parts, bytes);
    }

    private static ByteBuffer joined(List<ByteBuffer> parts, int bytes) {
        ByteBuffer joined = ByteBuffer.allocate(bytes);
        parts.forEach(joined::put);
        return joined.flip();
    }

    @Override
    public List<HotPartition> partitions() {
        List<HotPartition> partitions = new ArrayList<>();
        for (PartitionReplica partition : shard.state().partitions()) {
            long archivedEnd = partition.archivedEnd();
            partitions.add(
                    new HotPartition(
                            partition.id(),
                            partition.topicName(),
                            partition.logStart(),
                            partition.hotStart(),
                            archivedEnd,
                            partition.lastStableOffset(),
                            partition.highWatermark(),
                            partition.manifest(),
                            partition.appendedAt(archivedEnd),
                            partition.bytesSince(archivedEnd),
                            partition.localBytes()));
        }
        return partitions;
    }

    @Override
    public void archived(PartitionId partition, long archivedEnd, ManifestRef manifest)
            throws CommandFailedException {
        run(new ShardCommand.SetArchived(partition, archivedEnd, manifest));
    }

    @Override
    public void moveLogStart(PartitionId partition, long logStart) throws CommandFailedException {
        run(new ShardCommand.MoveLogStart(partition, logStart));
    }

    @Override
    public void raiseFloor(long endIndex, long lastTerm) throws CommandFailedException {
        run(new ShardCommand.RaiseFloor(endIndex, lastTerm));
    }

    private void run(ShardCommand command) throws CommandFailedException {
        if (!isLeader()) {
            throw new CommandFailedException(
                    "leadership is over: shard=" + shard.id() + ", term=" + term);
        }
        try {
            CommandOutcome outcome =
                    shard.submit(command).get(commandTimeout.toMillis(), TimeUnit.MILLISECONDS);
            if (!outcome.holds()) {
                throw new CommandFailedException(
                        "command refused: command=" + command + ", outcome=" + outcome);
            }
        } catch (TimeoutException | ExecutionException e) {
            throw new CommandFailedException(
                    "outcome of command unknown: command=" + command + ", why=" + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted: command=" + command);
        }
    }
}
