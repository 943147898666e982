// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.broker.shard.PartitionView;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.state.AbortedTxn;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// One read of batches: over holes to the first section that has some, then on through what is
/// cached behind it while bytes are left. Owner: one thread; one read.
final class RangeRead {
    private static final int SPARSE_BYTES = 64 << 10;

    private final ColdSource cached;
    private final ReadAhead ahead;
    private final ColdCounters counters;

    private final List<ByteBuffer> parts = new ArrayList<>();
    private final Set<AbortedTxn> aborted = new LinkedHashSet<>();
    private long firstOffset;
    private long endOffset;
    private int bytesLeft;

    RangeRead(ColdSource cached, ReadAhead ahead, ColdCounters counters) {
        this.cached = cached;
        this.ahead = ahead;
        this.counters = counters;
    }

    /// @return empty when the source does not have what it takes
    Optional<ColdRead> read(
            ColdSource source, PartitionView partition, long archivedEnd, long offset, int bytesMax)
            throws ObjectStoreException {
        bytesLeft = bytesMax;
        long at = offset;
        int sections = 0;
        Last last = null;
        for (int hops = 0; hops < ColdLimits.HOPS_MAX; hops++) {
            boolean hot = at > offset && at >= partition.hotStart();
            if (hot || at >= partition.highWatermark()) {
                break;
            }
            ColdSource from = last == null ? source : cached;
            Optional<Place> place = Locator.locate(from, partition, archivedEnd, at);
            if (place.isEmpty()) {
                if (last == null) {
                    return Optional.empty();
                }
                break;
            }
            if (place.get() instanceof Place.InSection in) {
                Took took = take(from, in, last == null);
                if (took instanceof Took.NotHere && last == null) {
                    return Optional.empty();
                }
                if (took instanceof Took.Batches batches) {
                    last = new Last(in, batches.end());
                    sections++;
                }
                boolean goesOn =
                        took instanceof Took.Nothing
                                || (took instanceof Took.Batches batches && batches.all());
                if (!goesOn
                        || sections == ColdLimits.SECTIONS_PER_READ_MAX
                        || (last != null && bytesLeft <= 0)) {
                    break;
                }
                at = in.endOffset();
            } else if (place.get() instanceof Place.Hole hole) {
                at = hole.nextOffset();
            }
        }
        if (last == null) {
            return Optional.of(new ColdRead.Nothing(at));
        }
        return Optional.of(found(partition, offset, last));
    }

    private ColdRead found(PartitionView partition, long offset, Last last) {
        aborted.addAll(partition.abortedIn(firstOffset, endOffset));
        aborted.removeIf(txn -> txn.firstOffset() >= endOffset || txn.markerOffset() < firstOffset);
        ahead.served(partition, offset, endOffset, last.place(), last.end().endPosition());
        ColdRead.Found found =
                new ColdRead.Found(parts, firstOffset, endOffset, List.copyOf(aborted));
        counters.bytesServed.add(found.bytes());
        return found;
    }

    private record Last(Place.InSection place, SectionScan.Header end) {}

    private sealed interface Took {
        /// @param all everything that is served of the section
        record Batches(SectionScan.Header end, boolean all) implements Took {}

        record Nothing() implements Took {}

        record NotHere() implements Took {}

        /// The next batch is larger than what is left.
        record Full() implements Took {}
    }

    private Took take(ColdSource source, Place.InSection in, boolean first)
            throws ObjectStoreException {
        PackSection section = in.section();
        long from = section.pointForOffset(in.fromOffset()).position();
        long to = Math.min(section.length(), from + SPARSE_BYTES + bytesLeft);
        source.expect(in.pack(), section, section.chunkAt(from), section.chunkAt(to - 1) + 1);
        SectionScan scan = new SectionScan(source, in);
        return switch (scan.findOffset(in.fromOffset())) {
            case SectionScan.Search.NotHere _ -> new Took.NotHere();
            case SectionScan.Search.None _ -> new Took.Nothing();
            case SectionScan.Search.Found found -> {
                SectionScan.Header begin = found.header();
                if (!first && begin.length() > bytesLeft) {
                    yield new Took.Full();
                }
                Optional<SectionScan.Header> end = scan.extend(begin, bytesLeft);
                yield end.isEmpty() ? new Took.NotHere() : add(scan, in, begin, end.get(), first);
            }
        };
    }

    private Took add(
            SectionScan scan,
            Place.InSection in,
            SectionScan.Header begin,
            SectionScan.Header end,
            boolean first)
            throws ObjectStoreException {
        parts.addAll(scan.bytes(begin.position(), end.endPosition()).orElseThrow());
        bytesLeft -= Math.toIntExact(end.endPosition() - begin.position());
        if (first) {
            firstOffset = begin.baseOffset();
        }
        endOffset = end.endOffset();
        aborted.addAll(in.section().aborted());
        boolean all =
                end.endOffset() >= in.endOffset() || end.endPosition() >= in.section().length();
        return new Took.Batches(end, all);
    }
}
