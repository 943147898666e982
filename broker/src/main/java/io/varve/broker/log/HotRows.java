// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.broker.log.PartitionSpans.Served;
import io.varve.broker.log.PartitionSpans.Span;
import io.varve.manifest.PartitionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/// Look-ups of rows by partition and offset: a binary search over files, then one over rows.
/// Thread-safe.
final class HotRows {
    private final ConcurrentHashMap<PartitionId, PartitionSpans> partitions =
            new ConcurrentHashMap<>();

    private PartitionSpans spans(PartitionId id) {
        return partitions.computeIfAbsent(id, key -> new PartitionSpans());
    }

    /// All rows of a file that has its index file.
    void load(LogFile file) {
        for (PartitionId id : file.index().partitions()) {
            spans(id).put(Span.of(file, file.index().rows(id).orElseThrow()));
        }
    }

    void add(LogFile file, DataSlice slice) {
        spans(slice.id()).addRow(file, slice.baseOffset(), slice.endOffset(), slice.length());
    }

    /// The file is freed; its index must still be readable.
    void remove(LogFile file) {
        for (PartitionId id : file.index().partitions()) {
            PartitionSpans held = partitions.get(id);
            if (held != null) {
                held.remove(file);
            }
        }
    }

    void moveStart(PartitionId id, long offset) {
        spans(id).moveStart(offset);
    }

    void forget(PartitionId id) {
        partitions.remove(id);
    }

    Optional<Served> served(PartitionId id) {
        return Optional.ofNullable(partitions.get(id)).flatMap(PartitionSpans::served);
    }

    long heldBytes(PartitionId id) {
        PartitionSpans held = partitions.get(id);
        return held == null ? 0 : held.heldBytes();
    }

    /// Bytes of the rows that end behind `offset`.
    long bytesFrom(PartitionId id, long offset) {
        PartitionSpans held = partitions.get(id);
        if (held == null) {
            return 0;
        }
        Span span = held.spanOf(offset);
        return held.bytesOfSpansBehind(offset)
                + (span == null || span.base() >= offset ? 0 : bytesFrom(span, id, offset));
    }

    private static long bytesFrom(Span span, PartitionId id, long offset) {
        return within(
                        span,
                        id,
                        rows -> {
                            long bytes = 0;
                            for (int row = rows.firstEndingBehind(offset);
                                    row < rows.count();
                                    row++) {
                                bytes += rows.length(row);
                            }
                            return bytes;
                        })
                .orElse(0L);
    }

    /// Rows from the one that holds `offset` on, without a hole, until they reach `bytesMax`; at
    /// least one. Empty when the offset is not served.
    List<HotRange> from(PartitionId id, long offset, long bytesMax) {
        PartitionSpans held = partitions.get(id);
        Optional<Served> served = served(id);
        if (held == null
                || served.isEmpty()
                || offset < served.get().start()
                || offset >= served.get().end()) {
            return List.of();
        }
        List<HotRange> ranges = new ArrayList<>();
        long next = offset;
        long bytes = 0;
        while (bytes < bytesMax || ranges.isEmpty()) {
            Span span = held.spanOf(next);
            if (span == null) {
                break;
            }
            long from = next;
            long left = bytesMax - bytes;
            List<HotRange> more =
                    within(span, id, rows -> collect(rows, span.file().number(), from, left))
                            .orElse(List.of());
            if (more.isEmpty()) {
                break;
            }
            ranges.addAll(more);
            next = more.getLast().endOffset();
            for (HotRange range : more) {
                bytes += range.length();
            }
        }
        return ranges;
    }

    private static List<HotRange> collect(Rows rows, long file, long offset, long bytesMax) {
        List<HotRange> ranges = new ArrayList<>();
        long bytes = 0;
        long next = offset;
        int count = rows.count();
        for (int row = rows.firstEndingBehind(offset); row < count; row++) {
            boolean first = ranges.isEmpty();
            if (first ? rows.baseOffset(row) > offset : rows.baseOffset(row) != next) {
                break;
            }
            HotRange range = rows.range(row, file);
            ranges.add(range);
            next = range.endOffset();
            bytes += range.length();
            if (bytes >= bytesMax) {
                break;
            }
        }
        return ranges;
    }

    /// The first served row with a record of that time or later.
    Optional<HotRange> atTime(PartitionId id, long timestampMs) {
        PartitionSpans held = partitions.get(id);
        Optional<Served> served = served(id);
        if (held == null || served.isEmpty()) {
            return Optional.empty();
        }
        long next = served.get().start();
        while (true) {
            Span span = held.spanOf(next);
            if (span == null) {
                return Optional.empty();
            }
            long from = next;
            Optional<HotRange> found =
                    within(span, id, rows -> atTime(rows, span.file().number(), from, timestampMs))
                            .flatMap(range -> range);
            if (found.isPresent()) {
                return found;
            }
            next = span.end();
        }
    }

    private static Optional<HotRange> atTime(Rows rows, long file, long offset, long timestampMs) {
        if (rows.maxTimestampMs() < timestampMs) {
            return Optional.empty();
        }
        int count = rows.count();
        for (int row = rows.firstEndingBehind(offset); row < count; row++) {
            if (rows.maxTimestampMs(row) >= timestampMs) {
                return Optional.of(rows.range(row, file));
            }
        }
        return Optional.empty();
    }

    private interface Reading<T> {
        T of(Rows rows);
    }

    /// Empty when the file was freed meanwhile.
    private static <T> Optional<T> within(Span span, PartitionId id, Reading<T> reading) {
        LogFile file = span.file();
        if (!file.enter()) {
            return Optional.empty();
        }
        try {
            return file.index().rows(id).map(reading::of);
        } finally {
            leave(file);
        }
    }

    /// Only the last reader of a freed file has something to close.
    static void leave(LogFile file) {
        try {
            file.exit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    OptionalLong start(PartitionId id) {
        return served(id).map(range -> OptionalLong.of(range.start())).orElse(OptionalLong.empty());
    }
}
