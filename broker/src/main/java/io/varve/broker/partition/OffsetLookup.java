// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.cold.ColdReader;
import io.varve.broker.cold.RecordsByTime;
import io.varve.broker.cold.TimedOffset;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.state.EpochStart;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.requests.ListOffsetsRequest;

/// ListOffsets as Kafka answers it, over both tiers: borders from applied state, times from the
/// indexes of segments and journals, then from the rows on local disk. Thread-safe.
final class OffsetLookup {
    private static final long NO_TIMESTAMP = -1;
    private static final int NO_EPOCH = -1;

    private final HotReads hot;
    private final ColdReader cold;

    OffsetLookup(HotReads hot, ColdReader cold) {
        this.hot = hot;
        this.cold = cold;
    }

    CompletableFuture<OffsetAnswer> lookUp(
            PartitionView partition, long timestamp, boolean committedOnly) {
        long visibleEnd = PartitionReader.visibleEnd(partition, committedOnly);
        long logStart = partition.logStart();
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return border(visibleEnd, partition.leaderEpoch());
        } else if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP) {
            return border(logStart, epochAt(partition, logStart));
        } else if (timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            long hotStart = Math.max(partition.hotStart(), logStart);
            return border(hotStart, epochAt(partition, hotStart));
        } else if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) {
            long last = lastTiered(partition);
            return border(last, epochAt(partition, last));
        } else if (timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
            long pending = Math.max(lastTiered(partition) + 1, logStart);
            return border(pending, epochAt(partition, pending));
        } else if (timestamp == ListOffsetsRequest.MAX_TIMESTAMP) {
            return timed(maxTime(partition), visibleEnd);
        }
        return timed(firstAtTime(partition, timestamp), visibleEnd);
    }

    private static CompletableFuture<OffsetAnswer> border(long offset, int epoch) {
        return CompletableFuture.completedFuture(
                new OffsetAnswer.Found(NO_TIMESTAMP, offset, epoch));
    }

    /// Kafka looks first and compares with what the reader may see then: a record behind that is as
    /// good as none.
    private static CompletableFuture<OffsetAnswer> timed(
            CompletableFuture<Optional<TimedOffset>> look, long visibleEnd) {
        return look.handle((found, failure) -> {
            if (failure != null) {
                Throwable cause = ColdFailures.cause(look);
                return new OffsetAnswer.Failed(
                        ColdFailures.error(cause), String.valueOf(cause.getMessage()));
            }
            return found.filter(at -> at.offset() < visibleEnd)
                    .<OffsetAnswer>map(at ->
                            new OffsetAnswer.Found(at.timestampMs(), at.offset(), at.leaderEpoch()))
                    .orElseGet(OffsetAnswer.None::new);
        });
    }

    /// The last offset that segment objects hold; -1 when there was none ever.
    private static long lastTiered(PartitionView partition) {
        return partition.manifest().exists() ? partition.archivedEnd() - 1 : -1;
    }

    private static int epochAt(PartitionView partition, long offset) {
        int epoch = NO_EPOCH;
        for (EpochStart start : partition.epochs()) {
            if (start.startOffset() > offset) {
                break;
            }
            epoch = start.epoch();
        }
        return epoch;
    }

    private CompletableFuture<Optional<TimedOffset>> firstAtTime(
            PartitionView partition, long timestampMs) {
        long from = partition.logStart();
        long border = border(partition);
        CompletableFuture<Optional<TimedOffset>> below =
                from < border
                        ? cold.firstAtTime(partition, from, border, timestampMs)
                        : CompletableFuture.completedFuture(Optional.empty());
        return below.thenCompose(found ->
                found.isPresent()
                        ? CompletableFuture.completedFuture(found)
                        : hotFirstAtTime(partition, border, timestampMs));
    }

    private CompletableFuture<Optional<TimedOffset>> maxTime(PartitionView partition) {
        long from = partition.logStart();
        long border = border(partition);
        CompletableFuture<Optional<TimedOffset>> below =
                from < border
                        ? cold.maxTime(partition, from, border)
                        : CompletableFuture.completedFuture(Optional.empty());
        return below.thenCompose(found ->
                hotMaxTime(partition, border)
                        .thenApply(local ->
                                local.filter(at ->
                                                found.isEmpty()
                                                        || at.timestampMs()
                                                                > found.get().timestampMs())
                                        .or(() -> found)));
    }

    /// Between what is looked for in the bucket and on local disk.
    private static long border(PartitionView partition) {
        return Math.clamp(partition.hotStart(), partition.logStart(), partition.highWatermark());
    }

    /// Something on local disk, that may be freed while one looks.
    @FunctionalInterface
    private interface Look {
        Optional<TimedOffset> run() throws IOException;
    }

    private static CompletableFuture<Optional<TimedOffset>> look(Look look) {
        try {
            return CompletableFuture.completedFuture(look.run());
        } catch (IOException | CorruptObjectException | KafkaException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<Optional<TimedOffset>> hotFirstAtTime(
            PartitionView partition, long from, long timestampMs) {
        long to = partition.highWatermark();
        return look(() -> {
            long at = from;
            while (at < to) {
                OptionalLong row = hot.rowAtTime(partition, at, timestampMs);
                if (row.isEmpty() || row.getAsLong() >= to) {
                    break;
                }
                Found found = inRow(partition, Math.max(row.getAsLong(), at), to, timestampMs);
                if (found.record().isPresent()) {
                    return found.record();
                }
                at = found.rowEnd();
            }
            return Optional.empty();
        });
    }

    private CompletableFuture<Optional<TimedOffset>> hotMaxTime(
            PartitionView partition, long from) {
        long to = partition.highWatermark();
        return look(() -> {
            Optional<TimedOffset> best = Optional.empty();
            long at = from;
            while (at < to) {
                Optional<HotReads.RowTime> row = hot.latestRow(partition, at);
                if (row.isEmpty() || row.get().baseOffset() >= to) {
                    break;
                }
                long base = Math.max(row.get().baseOffset(), at);
                Found found = inRow(partition, base, to, row.get().maxTimestampMs());
                if (found.record().isPresent()) {
                    return later(best, found.record());
                }
                // Only a part of this row counts, and its latest record is not in it.
                best = later(best, latestOf(partition, base, to));
                at = found.rowEnd();
            }
            return best;
        });
    }

    private static Optional<TimedOffset> later(
            Optional<TimedOffset> one, Optional<TimedOffset> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.or(() -> other);
        }
        return other.get().timestampMs() > one.get().timestampMs() ? other : one;
    }

    private Optional<TimedOffset> latestOf(PartitionView partition, long base, long to)
            throws IOException {
        Optional<TimedOffset> best = Optional.empty();
        long above = Long.MIN_VALUE;
        while (true) {
            Optional<TimedOffset> next = inRow(partition, base, to, above).record();
            if (next.isEmpty()) {
                return best;
            }
            best = next;
            above = next.get().timestampMs() + 1;
        }
    }

    private record Found(Optional<TimedOffset> record, long rowEnd) {}

    private Found inRow(PartitionView partition, long base, long to, long timestampMs)
            throws IOException {
        List<HotRow> rows = hot.rowsFrom(partition, base, 0);
        if (rows.isEmpty()) {
            throw new IOException(
                    "row was freed while it was looked up: partition="
                            + partition.id()
                            + ", offset="
                            + base);
        }
        try (HotRow row = rows.getFirst()) {
            return new Found(
                    RecordsByTime.first(row.bytes(), base, to, timestampMs), row.endOffset());
        } finally {
            rows.forEach(HotRow::close);
        }
    }
}
