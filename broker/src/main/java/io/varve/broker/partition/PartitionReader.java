// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.cold.ColdRead;
import io.varve.broker.cold.ColdReadException;
import io.varve.broker.cold.ColdReader;
import io.varve.broker.network.OutgoingRecords;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.state.AbortedTxn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads partitions over both tiers as one log: from local disk what is there, the rest from the
/// bucket, without waiting for it. Never beyond the high watermark, for `read_committed` never
/// beyond the last stable offset. Thread-safe.
public final class PartitionReader implements PartitionReads {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionReader.class);

    private final HotReads hot;
    private final ColdReader cold;
    private final OffsetLookup lookup;
    private final HotCounters hotCounters = new HotCounters();
    private final ColdLoads<ColdRead> loads;
    private final ColdLoads<List<AbortedTxn>> abortedLoads;

    public PartitionReader(HotReads hot, ColdReader cold, InstantSource clock) {
        this.hot = hot;
        this.cold = cold;
        this.lookup = new OffsetLookup(hot, cold);
        this.loads =
                new ColdLoads<>(
                        clock, read -> read instanceof ColdRead.Found found ? found.bytes() : 0);
        this.abortedLoads = new ColdLoads<>(clock, _ -> 0);
    }

    /// What was read from local disk. What was read from the bucket, the cold tier counts.
    public HotCounters hotCounters() {
        return hotCounters;
    }

    /// Where an offset is served from now.
    public Placement locate(PartitionView partition, long offset) {
        return Placement.of(partition, offset, partition.highWatermark());
    }

    @Override
    public CompletableFuture<OffsetAnswer> lookUp(
            PartitionView partition, long timestamp, boolean committedOnly) {
        return lookup.lookUp(partition, timestamp, committedOnly);
    }

    @Override
    public ReadOutcome read(
            PartitionView partition,
            long offset,
            int maxBytes,
            boolean committedOnly,
            boolean oneBatchAtLeast) {
        Request request =
                new Request(
                        partition,
                        visibleEnd(partition, committedOnly),
                        maxBytes,
                        committedOnly,
                        oneBatchAtLeast);
        long at = offset;
        while (true) {
            Step step =
                    switch (Placement.of(partition, at, request.visibleEnd())) {
                        case Placement.OutOfRange out ->
                                new Step.Done(
                                        new ReadOutcome.OutOfRange(
                                                out.startOffset(), out.endOffset()));
                        case Placement.AtEnd _ -> new Step.Done(new ReadOutcome.AtEnd());
                        case Placement.Hot _ -> readHot(request, at);
                        case Placement.Journal _, Placement.Cold _ -> readCold(request, at);
                    };
            switch (step) {
                case Step.Done done -> {
                    return done.outcome();
                }
                case Step.GoOn next -> {
                    if (next.offset() <= at) {
                        return new ReadOutcome.Failed(
                                Errors.KAFKA_STORAGE_ERROR,
                                "offset is in no tier: partition="
                                        + partition.id()
                                        + ", offset="
                                        + at
                                        + ", hotStart="
                                        + partition.hotStart()
                                        + ", archivedEnd="
                                        + partition.archivedEnd());
                    }
                    at = next.offset();
                }
            }
        }
    }

    static long visibleEnd(PartitionView partition, boolean committedOnly) {
        long highWatermark = partition.highWatermark();
        return committedOnly
                ? Math.min(partition.lastStableOffset(), highWatermark)
                : highWatermark;
    }

    private record Request(
            PartitionView partition,
            long visibleEnd,
            int maxBytes,
            boolean committedOnly,
            boolean oneBatchAtLeast) {}

    private sealed interface Step {
        record Done(ReadOutcome outcome) implements Step {}

        /// Nothing up to here.
        record GoOn(long offset) implements Step {}
    }

    private Step readHot(Request request, long offset) {
        List<HotRow> rows;
        try {
            rows = hot.rowsFrom(request.partition(), offset, Math.max(0, request.maxBytes()));
        } catch (IOException e) {
            return failed(e);
        }
        if (rows.isEmpty()) {
            return readCold(request, offset); // freed a moment ago
        }
        try {
            HotBatches.Taken taken =
                    new HotBatches(
                                    offset,
                                    request.visibleEnd(),
                                    request.maxBytes(),
                                    request.oneBatchAtLeast())
                            .take(rows);
            if (taken.parts().isEmpty()) {
                closeAll(rows);
                return new Step.Done(new ReadOutcome.AtEnd());
            }
            return hotOutcome(request, taken, rows);
        } catch (IOException | CorruptObjectException e) {
            closeAll(rows);
            if (offset < request.partition().archivedEnd()) {
                LOG.warn(
                        "local disk is damaged, reading from the bucket: partition={}, offset={}, error={}",
                        request.partition().id(),
                        offset,
                        e.getMessage());
                return readCold(request, offset);
            }
            return failed(e);
        }
    }

    private static Step failed(Exception failure) {
        return new Step.Done(
                new ReadOutcome.Failed(
                        Errors.KAFKA_STORAGE_ERROR, String.valueOf(failure.getMessage())));
    }

    private static void closeAll(List<HotRow> rows) {
        rows.forEach(HotRow::close);
    }

    private Step hotOutcome(Request request, HotBatches.Taken taken, List<HotRow> rows) {
        List<AbortedTxn> aborted = List.of();
        if (request.committedOnly()) {
            CompletableFuture<List<AbortedTxn>> found =
                    abortedIn(request.partition(), taken.firstOffset(), taken.endOffset());
            if (!found.isDone() || found.isCompletedExceptionally()) {
                closeAll(rows);
                return new Step.Done(
                        found.isDone()
                                ? failure(request, ColdFailures.cause(found))
                                : new ReadOutcome.Pending(found));
            }
            aborted = found.resultNow();
        }
        boolean files = taken.parts().stream().anyMatch(OutgoingRecords.FilePart.class::isInstance);
        hotCounters.read(taken.parts().stream().mapToLong(OutgoingRecords.Part::length).sum());
        OutgoingRecords records =
                new OutgoingRecords(taken.parts(), files ? () -> closeAll(rows) : () -> {});
        if (!files) {
            closeAll(rows);
        }
        return new Step.Done(new ReadOutcome.Ready(records, taken.endOffset(), aborted));
    }

    /// Applied state knows the aborted transactions of what is on local disk, but for what was
    /// archived before this process started: those are in the indexes of segments only.
    private CompletableFuture<List<AbortedTxn>> abortedIn(
            PartitionView partition, long from, long to) {
        List<AbortedTxn> applied = partition.abortedIn(from, to);
        if (from >= partition.abortedKnownFrom()) {
            return CompletableFuture.completedFuture(applied);
        }
        return abortedLoads
                .get(partition.id(), from, to, () -> cold.abortedIn(partition, from, to))
                .thenApply(archived -> {
                    Set<AbortedTxn> all = new LinkedHashSet<>(archived);
                    all.addAll(applied);
                    return List.copyOf(all);
                });
    }

    private Step readCold(Request request, long offset) {
        CompletableFuture<ColdRead> load =
                loads.get(
                        request.partition().id(),
                        offset,
                        0,
                        () -> cold.read(request.partition(), offset, request.maxBytes()));
        if (!load.isDone()) {
            return new Step.Done(new ReadOutcome.Pending(load));
        }
        if (load.isCompletedExceptionally()) {
            return new Step.Done(failure(request, ColdFailures.cause(load)));
        }
        return switch (load.resultNow()) {
            case ColdRead.Nothing nothing -> new Step.GoOn(nothing.nextOffset());
            case ColdRead.Found found -> new Step.Done(coldOutcome(request, found));
        };
    }

    private static ReadOutcome failure(Request request, Throwable failure) {
        if (failure instanceof ColdReadException.Gone gone) {
            return new ReadOutcome.OutOfRange(gone.logStart(), request.partition().highWatermark());
        }
        return new ReadOutcome.Failed(
                ColdFailures.error(failure), String.valueOf(failure.getMessage()));
    }

    private static ReadOutcome coldOutcome(Request request, ColdRead.Found found) {
        List<ByteBuffer> parts = found.parts();
        long endOffset = found.endOffset();
        if (endOffset > request.visibleEnd() || found.bytes() > request.maxBytes()) {
            Optional<BatchHeader> last = lastThatFits(request, found);
            if (last.isEmpty()) {
                return new ReadOutcome.AtEnd();
            }
            BatchHeader batch = last.get();
            endOffset = batch.endOffset();
            parts = cut(parts, batch.position() + batch.sizeInBytes());
        }
        long end = endOffset;
        List<AbortedTxn> aborted =
                request.committedOnly()
                        ? found.aborted().stream().filter(txn -> txn.firstOffset() < end).toList()
                        : List.of();
        return new ReadOutcome.Ready(OutgoingRecords.ofBuffers(parts), end, aborted);
    }

    /// The load was made for another budget, or reaches beyond what this reader may see.
    private static Optional<BatchHeader> lastThatFits(Request request, ColdRead.Found found) {
        ByteBuffer all = joined(found.parts());
        BatchHeader last = null;
        for (BatchHeader batch : Batches.in(all)) {
            boolean first = last == null && request.oneBatchAtLeast();
            boolean fits = batch.position() + batch.sizeInBytes() <= request.maxBytes();
            if (batch.baseOffset() >= request.visibleEnd() || (!fits && !first)) {
                break;
            }
            last = batch;
        }
        return Optional.ofNullable(last);
    }

    private static List<ByteBuffer> cut(List<ByteBuffer> parts, int bytes) {
        List<ByteBuffer> kept = new ArrayList<>();
        int left = bytes;
        for (ByteBuffer part : parts) {
            int taken = Math.min(left, part.remaining());
            if (taken == 0) {
                break;
            }
            kept.add(part.slice(part.position(), taken));
            left -= taken;
        }
        return kept;
    }

    static ByteBuffer joined(List<ByteBuffer> parts) {
        if (parts.size() == 1) {
            return parts.getFirst().slice();
        }
        ByteBuffer joined =
                ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> joined.put(part.duplicate()));
        return joined.flip();
    }
}
