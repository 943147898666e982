// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Archives one shard during one leadership: journals, segments, checkpoints, retention,
/// collection. A new leadership gets a new one, after this one was closed.
///
/// ```
/// ShardArchiver archiver = new ShardArchiver(context, source, policies, StepLoop.waiting());
/// archiver.start(Thread.ofVirtual().name("archiver-1/3-0-", 0).factory());
/// archiver.flush(source.appliedEndIndex()).thenAccept(...);   // all that was acknowledged is in the bucket
/// archiver.close();
/// ```
///
/// Thread-safe. Nothing here blocks except [#close], which is bounded.
public final class ShardArchiver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardArchiver.class);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

    private final ArchiveContext context;
    private final ShardSource source;
    private final ShardJobs jobs;
    private final List<StepLoop> loops;

    /// @param policies what topics ask for, as it is now
    /// @param pause how idle steppers wait: [StepLoop#waiting]
    public ShardArchiver(
            ArchiveContext context,
            ShardSource source,
            ArchivePolicies policies,
            StepLoop.Pause pause) {
        this.context = context;
        this.source = source;
        this.jobs = new ShardJobs(context, source, policies);
        this.loops =
                List.of(
                        loop(jobs.journals(), pause, jobs.journalRecord()),
                        loop(jobs.checkpoints(), pause, jobs.checkpointRecord()),
                        loop(jobs.manifests(), pause, jobs.manifestRecord()));
    }

    private StepLoop loop(Stepper stepper, StepLoop.Pause pause, StepRecord record) {
        return new StepLoop(stepper, context.settings().backOff(), context.random(), pause, record);
    }

    /// The state of one partition's archive.
    ///
    /// @param journaledEnd end of what is in journals
    public record PartitionArchive(
            PartitionId id,
            String topicName,
            long logStart,
            long hotStart,
            long archivedEnd,
            long journaledEnd,
            long highWatermark,
            long localBytes) {
        /// Committed offsets that a disaster now would cost.
        public long unjournaledRecords() {
            return Math.max(0, highWatermark - journaledEnd);
        }
    }

    /// How the shard's archive stands.
    ///
    /// @param open the shard's state was read from the bucket
    /// @param lagMs age of the oldest committed record that is in no journal, by local state: grows
    ///   while the bucket is away
    /// @param lagBytes record bytes in no journal (an estimate while much is waiting)
    /// @param lastJournaledAtMs, lastCheckpointAtMs our clock, 0 before the first of this
    ///   leadership
    /// @param jobs each with its last success
    public record ArchiveStatus(
            ShardId shard,
            boolean open,
            long journaledEndIndex,
            long lagMs,
            long lagBytes,
            long lastJournaledAtMs,
            long lastCheckpointAtMs,
            List<PartitionArchive> partitions,
            List<JobStatus> jobs) {}

    /// Starts the steppers, one thread each from `threads` (virtual ones).
    public void start(ThreadFactory threads) {
        loops.forEach(loop -> threads.newThread(loop).start());
    }

    /// Ships at once everything that is committed below a Raft index, e.g.
    /// [ShardSource#appliedEndIndex].
    ///
    /// @return where journals end then, by partition; fails when this leadership ends before. What
    ///   depends on it runs on an archiver's thread and must not block
    public CompletableFuture<Flushed> flush(long untilIndex) {
        return jobs.opened()
                .thenCompose(open -> {
                    CompletableFuture<Flushed> flushed = open.journaler().flush(untilIndex);
                    loops.getFirst().wake();
                    return flushed;
                });
    }

    /// Makes segments of what these partitions have journaled, whatever size and age say: before
    /// local space is freed, or when an operator asks.
    public void archiveNow(Collection<PartitionId> partitions) {
        ShardJobs.Open open = jobs.open();
        if (open != null) {
            open.segmenter().ask(partitions);
            loops.getLast().wake();
        }
    }

    /// Writes a checkpoint now, if anything was journaled since the last.
    ///
    /// @return the floor after that; fails when this leadership ends before
    public CompletableFuture<Long> checkpointNow() {
        return jobs.opened()
                .thenCompose(open -> {
                    CompletableFuture<Long> floor = open.checkpointer().demand();
                    loops.get(1).wake();
                    return floor;
                });
    }

    /// Something was committed, or a setting changed: look now. Never blocks.
    public void wake() {
        loops.forEach(StepLoop::wake);
    }

    /// As it is now, from local state: asks the bucket nothing.
    public ArchiveStatus status() {
        ShardJobs.Open open = jobs.open();
        Map<PartitionId, Long> ends = open == null ? Map.of() : open.shadow().journaledEnds();
        List<HotPartition> hot = source.partitions();
        List<PartitionArchive> partitions =
                hot.stream().map(partition -> archive(partition, ends)).toList();
        Journaler.Lag lag = open == null ? unopenedLag(hot) : open.journaler().lag();
        return new ArchiveStatus(
                source.shard(),
                open != null,
                open == null ? 0 : open.shadow().position().endIndex(),
                lag.ms(),
                lag.bytes(),
                open == null ? 0 : open.journaler().lastJournaledAtMs(),
                open == null ? 0 : open.checkpointer().lastCheckpointAtMs(),
                partitions,
                jobs.status());
    }

    /// Bytes that the shard has in the bucket, as far as this leadership knows: segments (all of
    /// them after the collector's first round) and journals, also those that wait to be deleted;
    /// manifests and checkpoints are small and not counted. Asks the bucket nothing.
    public long storedBytes() {
        ShardJobs.Open open = jobs.open();
        return open == null ? 0 : open.shadow().storedBytes() + open.book().storedBytes();
    }

    private static PartitionArchive archive(HotPartition hot, Map<PartitionId, Long> ends) {
        return new PartitionArchive(
                hot.id(),
                hot.topicName(),
                hot.logStart(),
                hot.hotStart(),
                hot.archivedEnd(),
                ends.getOrDefault(hot.id(), hot.archivedEnd()),
                hot.highWatermark(),
                hot.localBytes());
    }

    /// Before the bucket answered, only segments are known to be there.
    private Journaler.Lag unopenedLag(List<HotPartition> hot) {
        long oldest =
                hot.stream()
                        .flatMapToLong(partition -> partition.oldestUnarchivedMs().stream())
                        .min()
                        .orElse(Long.MAX_VALUE);
        long bytes = hot.stream().mapToLong(HotPartition::unarchivedBytes).sum();
        return new Journaler.Lag(
                Math.max(0, oldest == Long.MAX_VALUE ? 0 : context.clock().millis() - oldest),
                bytes);
    }

    /// Ends all steppers: no step begins after this. A step that runs is waited for, at most 5 s,
    /// and never interrupted: an interrupt would close the hot tier's files for everybody.
    /// Idempotent.
    @Override
    public void close() {
        loops.forEach(StepLoop::close);
        try {
            for (StepLoop loop : loops) {
                if (!loop.awaitEnd(CLOSE_MAX.toMillis() / loops.size())) {
                    LOG.warn(
                            "a step still runs after closing, it ends with the store's own deadline: shard={}",
                            source.shard());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        jobs.close();
    }
}
