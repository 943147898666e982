// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.broker.shard.PartitionView;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/// Finds records by time: sections whose largest timestamp is too small are passed over unread, the
/// sparse index leads into the one that is not. Stateless.
final class TimeLookup {
    private TimeLookup() {}

    /// The first record in `[from, to)` at or after a time.
    ///
    /// @return empty when the source does not have what it takes
    static Optional<Optional<TimedOffset>> firstAtTime(
            ColdSource source,
            PartitionView partition,
            long archivedEnd,
            long from,
            long to,
            long timestampMs)
            throws ObjectStoreException {
        long at = from;
        while (at < to) {
            long passed = passOver(source, partition, archivedEnd, at, timestampMs);
            if (passed > at) {
                at = passed;
                continue;
            }
            Optional<Place> place = Locator.locate(source, partition, archivedEnd, at);
            if (place.isEmpty()) {
                return Optional.empty();
            }
            switch (place.get()) {
                case Place.Hole hole -> at = hole.nextOffset();
                case Place.InSection in -> {
                    if (in.section().maxTimestampMs() >= timestampMs) {
                        Optional<Optional<TimedOffset>> found =
                                inSection(source, in, to, timestampMs);
                        if (found.isEmpty() || found.get().isPresent()) {
                            return found;
                        }
                    }
                    at = in.endOffset();
                }
            }
        }
        return Optional.of(Optional.empty());
    }

    /// Goes over pages and segments by what the manifest says of them, without their indexes.
    private static long passOver(
            ColdSource source, PartitionView partition, long archivedEnd, long at, long timestampMs)
            throws ObjectStoreException {
        if (at >= archivedEnd) {
            return at;
        }
        Optional<PartitionManifest> manifest = source.manifest(partition);
        if (manifest.isEmpty()) {
            return at;
        }
        long passed = at;
        for (PageRef page : manifest.get().pagesIn(at, archivedEnd)) {
            if (page.maxTimestampMs() >= timestampMs) {
                break;
            }
            passed = page.endOffset();
        }
        Optional<SegmentRun> rows = source.rows(manifest.get(), passed);
        if (rows.isEmpty()) {
            return at;
        }
        for (SegmentEntry entry : rows.get().entriesIn(passed, archivedEnd)) {
            if (entry.maxTimestampMs() >= timestampMs) {
                break;
            }
            passed = entry.endOffset();
        }
        return Math.min(passed, archivedEnd);
    }

    private static Optional<Optional<TimedOffset>> inSection(
            ColdSource source, Place.InSection in, long to, long timestampMs)
            throws ObjectStoreException {
        SectionScan scan = new SectionScan(source, in);
        long at = in.fromOffset();
        while (true) {
            switch (scan.findTime(at, timestampMs)) {
                case SectionScan.Search.NotHere _ -> {
                    return Optional.empty();
                }
                case SectionScan.Search.None _ -> {
                    return Optional.of(Optional.empty());
                }
                case SectionScan.Search.Found found -> {
                    SectionScan.Header header = found.header();
                    if (header.baseOffset() >= to) {
                        return Optional.of(Optional.empty());
                    }
                    Optional<List<ByteBuffer>> bytes =
                            scan.bytes(header.position(), header.endPosition());
                    if (bytes.isEmpty()) {
                        return Optional.empty();
                    }
                    ByteBuffer batch = SectionScan.joined(bytes.get());
                    Optional<TimedOffset> record =
                            firstRecord(batch, at, to, timestampMs, in.pack().key());
                    if (record.isPresent()) {
                        return Optional.of(record);
                    }
                    at = header.endOffset();
                }
            }
        }
    }

    private static Optional<TimedOffset> firstRecord(
            ByteBuffer batches, long from, long to, long timestampMs, String object) {
        try {
            return RecordsByTime.first(batches, from, to, timestampMs);
        } catch (KafkaException e) {
            throw new CorruptObjectException("records cannot be decoded: object=" + object, e);
        }
    }

    /// The first record in `[from, to)` with the largest timestamp.
    ///
    /// @return empty when the source does not have what it takes
    static Optional<Optional<TimedOffset>> maxTime(
            ColdSource source, PartitionView partition, long archivedEnd, long from, long to)
            throws ObjectStoreException {
        @Nullable TimedOffset best = null;
        long at = from;
        while (at < to) {
            long above = best == null ? Long.MIN_VALUE + 1 : best.timestampMs() + 1;
            long passed = passOver(source, partition, archivedEnd, at, above);
            if (passed > at) {
                at = passed;
                continue;
            }
            Optional<Place> place = Locator.locate(source, partition, archivedEnd, at);
            if (place.isEmpty()) {
                return Optional.empty();
            }
            switch (place.get()) {
                case Place.Hole hole -> at = hole.nextOffset();
                case Place.InSection in -> {
                    Optional<Optional<TimedOffset>> found = maxInSection(source, in, to, above);
                    if (found.isEmpty()) {
                        return Optional.empty();
                    }
                    best = found.get().orElse(best);
                    at = in.endOffset();
                }
            }
        }
        return Optional.of(Optional.ofNullable(best));
    }

    /// The section's index knows the largest timestamp of the whole section. If what is served of
    /// it holds no record so late, the part is walked through.
    private static Optional<Optional<TimedOffset>> maxInSection(
            ColdSource source, Place.InSection in, long to, long above)
            throws ObjectStoreException {
        if (in.section().maxTimestampMs() < above) {
            return Optional.of(Optional.empty());
        }
        Optional<Optional<TimedOffset>> latest =
                inSection(source, in, to, in.section().maxTimestampMs());
        if (latest.isEmpty() || latest.get().isPresent()) {
            return latest;
        }
        Optional<TimedOffset> best = Optional.empty();
        long next = above;
        while (true) {
            Optional<Optional<TimedOffset>> found = inSection(source, in, to, next);
            if (found.isEmpty()) {
                return found;
            }
            if (found.get().isEmpty()) {
                return Optional.of(best);
            }
            best = found.get();
            next = best.get().timestampMs() + 1;
        }
    }
}
