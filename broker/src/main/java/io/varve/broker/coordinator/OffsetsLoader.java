// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import java.time.InstantSource;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;

/// Loads a partition of `__consumer_offsets` into the coordinator: everything committed, after what
/// is appended is committed (so that the coordinator's next offset is the log's), and after the
/// corrections of a restore. Each load runs on a virtual thread. Thread-safe.
final class OffsetsLoader implements CoordinatorLoader<CoordinatorRecord> {
    /// What was appended before must be committed within this time; else the load fails and
    /// leadership is in doubt anyway.
    private static final long COMMIT_TIMEOUT_MS = 60_000;

    private static final long LOOK_AGAIN_MS = 5;

    private final OffsetsLog log;
    private final OffsetsWriter writer;
    private final LoweredOffsets lowered;
    private final InstantSource clock;
    private final int chunkBytes;
    private final CountDownLatch closing = new CountDownLatch(1);

    OffsetsLoader(
            OffsetsLog log,
            OffsetsWriter writer,
            LoweredOffsets lowered,
            InstantSource clock,
            int chunkBytes) {
        this.log = log;
        this.writer = writer;
        this.lowered = lowered;
        this.clock = clock;
        this.chunkBytes = chunkBytes;
    }

    @Override
    public CompletableFuture<LoadSummary> load(
            TopicPartition tp, CoordinatorPlayback<CoordinatorRecord> playback) {
        CompletableFuture<LoadSummary> result = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("load-" + tp)
                .start(() -> {
                    try {
                        result.complete(loadNow(tp.partition(), playback));
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        result.completeExceptionally(
                                new NotLeaderOrFollowerException("interrupted: partition=" + tp));
                    } catch (RuntimeException e) {
                        result.completeExceptionally(e);
                    }
                });
        return result;
    }

    private LoadSummary loadNow(int partition, CoordinatorPlayback<CoordinatorRecord> playback)
            throws InterruptedException {
        long startMs = clock.millis();
        OptionalInt epoch = writer.electedEpoch(partition);
        if (epoch.isEmpty()) {
            throw new NotLeaderOrFollowerException("not elected: partition=" + partition);
        }
        CommittedReplay replay =
                new CommittedReplay(
                        log,
                        partition,
                        chunkBytes,
                        () -> closed() || !writer.electedEpoch(partition).equals(epoch));
        OffsetsLog.Ends ends = committedEnds(partition, epoch.getAsInt());
        if (lowered.correct(partition, epoch.getAsInt(), ends, replay)) {
            ends = committedEnds(partition, epoch.getAsInt());
        }
        CommittedReplay.Summary summary =
                replay.play(ends.logStart(), ends.highWatermark(), playback);
        if (ends.logStart() == ends.highWatermark() && ends.highWatermark() > 0) {
            playback.updateLastWrittenOffset(
                    ends.highWatermark()); // each call must name a higher offset
            playback.updateLastCommittedOffset(ends.highWatermark());
        }
        return new LoadSummary(startMs, clock.millis(), 0, summary.records(), summary.bytes());
    }

    /// The ends once nothing is under way.
    private OffsetsLog.Ends committedEnds(int partition, int epoch) throws InterruptedException {
        for (long waitedMs = 0;
                waitedMs < COMMIT_TIMEOUT_MS && !closed();
                waitedMs += LOOK_AGAIN_MS) {
            OffsetsLog.Ends ends = log.ends(partition).orElse(null);
            if (ends == null || ends.leaderEpoch() != epoch) {
                throw new NotLeaderOrFollowerException(
                        "not elected any more: partition=" + partition);
            }
            if (ends.appendedEnd() == ends.highWatermark()) {
                return ends;
            }
            closing.await(LOOK_AGAIN_MS, TimeUnit.MILLISECONDS); // rare: appends are in flight
        }
        throw new IllegalStateException(
                "appended records were not committed in time: partition=" + partition);
    }

    private boolean closed() {
        return closing.getCount() == 0;
    }

    /// Loads under way end at their next read.
    @Override
    public void close() {
        closing.countDown();
    }
}
