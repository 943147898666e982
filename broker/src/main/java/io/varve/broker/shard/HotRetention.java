// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.archiver.StepResult;
import io.varve.broker.log.HotRange;
import io.varve.broker.log.LogFileFacts;
import io.varve.broker.log.ShardLog;
import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Makes room on local disk: moves each partition's hot start as its local retention says, and
/// frees files of the shard log.
///
/// Nothing leaves that the bucket does not hold: a hot start never passes archivedEnd, and a file
/// goes only when the floor is past its highest index (dead frames included) and Raft's log starts
/// behind it, which is purged first. In the normal case all of its records are also in segment
/// objects and past their local retention; under disk pressure the floor is enough, because the
/// journals up to it hold them. Because Raft lets go of whole closed segments only, one is closed
/// when the shard log has begun another file.
///
/// Owner: the one thread that steps it.
public final class HotRetention {
    private static final long IDLE_MS = 5_000;

    private final LocalShard shard;
    private final ShardLog log;
    private final LocalRetention retention;
    private final InstantSource clock;

    /// When the newest file of the shard log is another, Raft's log begins another segment too.
    private OptionalLong newestFile;

    public HotRetention(
            LocalShard shard, ShardLog log, LocalRetention retention, InstantSource clock) {
        this.shard = shard;
        this.log = log;
        this.retention = retention;
        this.clock = clock;
        this.newestFile = log.newestFile();
    }

    /// Frees at most one file.
    public StepResult step() {
        OptionalLong newest = log.newestFile();
        if (!newest.equals(newestFile)) {
            shard.closeRaftSegment();
            newestFile = newest;
        }
        for (PartitionReplica partition : shard.state().partitions()) {
            long start = startOf(partition, retention.of(partition.id()));
            if (start > partition.hotStart()) {
                log.setHotStart(partition.id(), start);
            }
            partition.forgetAbortedBelow(partition.hotStart());
        }
        for (LogFileFacts file : log.freeable(shard.floorEnd())) {
            if (mayGo(file)) {
                return free(file);
            }
        }
        return new StepResult.Idle(IDLE_MS);
    }

    /// Where the partition's hot range should start: at most at archivedEnd.
    private long startOf(PartitionView partition, LocalRetention.Policy policy) {
        long start = partition.hotStart();
        long wanted = start;
        if (policy.ms().isPresent()) {
            long oldestMs = clock.millis() - policy.ms().getAsLong();
            Optional<HotRange> young = partition.hotRowForTimestamp(oldestMs);
            wanted =
                    Math.max(
                            wanted,
                            young.isPresent()
                                    ? young.get().baseOffset()
                                    : partition.highWatermark());
        }
        if (policy.bytes().isPresent()) {
            long excess = partition.localBytes() - policy.bytes().getAsLong();
            long bytes = 0;
            for (HotRange row :
                    excess > 0 ? partition.hotRows(start, excess) : List.<HotRange>of()) {
                bytes += row.length();
                if (bytes > excess) {
                    break;
                }
                wanted = Math.max(wanted, row.endOffset());
            }
        }
        return Math.min(wanted, partition.archivedEnd());
    }

    private boolean mayGo(LogFileFacts file) {
        if (retention.underPressure()) {
            return true;
        }
        return file.partitions().stream().allMatch(this::isDone);
    }

    private boolean isDone(LogFileFacts.PartitionPart part) {
        PartitionId id = part.id();
        return shard.partition(id)
                .map(partition ->
                        part.endOffset() <= partition.archivedEnd()
                                && part.endOffset() <= partition.hotStart())
                .orElse(true); // it left this shard
    }

    private StepResult free(LogFileFacts file) {
        long start = shard.raftLogStart().orElse(0);
        if (start <= file.highestIndex()) {
            // Up to the floor, not only up to the file: a Raft segment goes as a whole, and may
            // reach over many files.
            shard.purgeBelow(Long.MAX_VALUE);
            if (shard.raftLogStart().orElse(0) <= file.highestIndex()) {
                return new StepResult.Idle(
                        IDLE_MS); // Raft lets go of whole segments only: the next ones will do
            }
        }
        try {
            return log.free(file.number())
                    ? new StepResult.Progressed()
                    : new StepResult.Idle(IDLE_MS);
        } catch (IOException e) {
            return new StepResult.Failed("file not freed: file=" + file.number(), e);
        }
    }
}
