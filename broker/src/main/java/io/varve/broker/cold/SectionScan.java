// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Walks the batches of one section over its chunks: reads headers, copies nothing but headers that
/// lie across two chunks. Owner: one thread; one read.
final class SectionScan {
    private static final int LENGTH_AT = 8;
    private static final int LAST_OFFSET_DELTA_AT = 23;
    private static final int MAX_TIMESTAMP_AT = 35;

    /// A batch's place and what its header says.
    record Header(long position, int length, long baseOffset, long endOffset, long maxTimestampMs) {
        long endPosition() {
            return position + length;
        }
    }

    private final ColdSource source;
    private final Place.InSection place;
    private final PackSection section;
    private final Map<Integer, ByteBuffer> chunks = new HashMap<>();
    private int oldestChunk;

    SectionScan(ColdSource source, Place.InSection place) {
        this.source = source;
        this.place = place;
        this.section = place.section();
    }

    /// What a search for a batch came to.
    sealed interface Search {
        record Found(Header header) implements Search {}

        /// No such batch in what is served of this section.
        record None() implements Search {}

        /// A chunk is not here.
        record NotHere() implements Search {}
    }

    /// The first batch that ends behind `offset`.
    Search findOffset(long offset) throws ObjectStoreException {
        return search(section.pointForOffset(offset).position(), offset, Long.MIN_VALUE);
    }

    /// The first batch that ends behind `offset` with a record at or after a time.
    Search findTime(long offset, long timestampMs) throws ObjectStoreException {
        long from =
                Math.max(
                        section.pointForOffset(offset).position(),
                        section.pointForTime(timestampMs).position());
        return search(from, offset, timestampMs);
    }

    private Search search(long from, long offset, long timestampMs) throws ObjectStoreException {
        long position = from;
        while (position < section.length()) {
            Optional<Header> header = header(position);
            if (header.isEmpty()) {
                return new Search.NotHere();
            }
            if (header.get().baseOffset() >= place.endOffset()) {
                break;
            }
            if (header.get().endOffset() > offset && header.get().maxTimestampMs() >= timestampMs) {
                return new Search.Found(header.get());
            }
            position = header.get().endPosition();
            forgetBelow(position);
        }
        return new Search.None();
    }

    /// A long search keeps one chunk, not all that it came through.
    private void forgetBelow(long position) {
        int current = (int) (position / section.chunkBytes());
        if (current > oldestChunk) {
            chunks.keySet().removeIf(chunk -> chunk < current);
            oldestChunk = current;
        }
    }

    /// The header at a position; empty when its chunk is not here.
    private Optional<Header> header(long position) throws ObjectStoreException {
        long end = position + BatchHeader.HEADER_BYTES;
        if (end > section.length()) {
            throw damaged(position, "batch header cut short");
        }
        int chunk = section.chunkAt(position);
        if (chunk == section.chunkAt(end - 1)) {
            ByteBuffer bytes = chunk(chunk);
            return bytes == null
                    ? Optional.empty()
                    : Optional.of(header(position, bytes, inChunk(position)));
        }
        Optional<List<ByteBuffer>> parts = bytes(position, end);
        return parts.isEmpty()
                ? Optional.empty()
                : Optional.of(header(position, joined(parts.get()), 0));
    }

    private int inChunk(long position) {
        return (int) (position % section.chunkBytes());
    }

    /// @param at where the header begins, behind the buffer's position
    private Header header(long position, ByteBuffer bytes, int at) {
        int start = bytes.position() + at;
        long length = Batches.sizeAt(bytes, start);
        int delta = bytes.getInt(start + LAST_OFFSET_DELTA_AT);
        long baseOffset = bytes.getLong(start);
        if (position + length > section.length() || delta < 0 || length > Integer.MAX_VALUE) {
            throw damaged(
                    position, "batch does not fit: length=" + bytes.getInt(start + LENGTH_AT));
        }
        return new Header(
                position,
                (int) length,
                baseOffset,
                baseOffset + delta + 1,
                bytes.getLong(start + MAX_TIMESTAMP_AT));
    }

    private CorruptObjectException damaged(long position, String what) {
        return new CorruptObjectException(
                what
                        + ", object="
                        + place.pack().key()
                        + ", partition="
                        + section.partition()
                        + ", chunk="
                        + section.chunkAt(position)
                        + ", positionInSection="
                        + position);
    }

    /// Whole batches from `first` on: the first one, and those that follow while they fit, are
    /// served from this section, and are here. Empty when not even the first one is here. A chunk
    /// behind the first batch that is lost or damaged ends them: whoever comes that far is told.
    ///
    /// @return the last batch of them
    Optional<Header> extend(Header first, int bytesMax) throws ObjectStoreException {
        if (bytes(first.position(), first.endPosition()).isEmpty()) {
            return Optional.empty();
        }
        long end = hereUpTo(first.endPosition(), servedUpTo(first.position() + bytesMax));
        Header last = first;
        long at = jump(first.endPosition(), end);
        while (at + BatchHeader.HEADER_BYTES <= end) {
            Header next = header(at).orElseThrow();
            if (next.baseOffset() >= place.endOffset() || next.endPosition() > end) {
                break;
            }
            last = next;
            at = next.endPosition();
        }
        return Optional.of(last);
    }

    /// A position from which on nothing is served, `limit` at most.
    private long servedUpTo(long limit) {
        int point = pointsWhere(p -> p.offset() < place.endOffset());
        long end =
                point < section.sparseIndex().size()
                        ? section.sparseIndex().get(point).position()
                        : section.length();
        return Math.min(limit, end);
    }

    /// How far the chunks behind a position are here without a break.
    private long hereUpTo(long position, long end) {
        long here = position;
        while (here < end) {
            int chunk = section.chunkAt(here);
            try {
                if (chunk(chunk) == null) {
                    break;
                }
            } catch (ObjectStoreException | CorruptObjectException e) {
                break; // told when it is the first thing that a read needs
            }
            here = (long) (chunk + 1) * section.chunkBytes();
        }
        return Math.max(position, Math.min(here, end));
    }

    /// Where to go on to look for the last batch that ends in front of `end`: over all points of
    /// the sparse index that another one in front of `end` follows.
    private long jump(long position, long end) {
        int points = pointsWhere(p -> p.position() <= end && p.offset() <= place.endOffset());
        return points < 2
                ? position
                : Math.max(position, section.sparseIndex().get(points - 2).position());
    }

    /// How many points from the first on are so: those in front of the first that is not.
    private int pointsWhere(Predicate<PackSection.SparsePoint> so) {
        int low = 0;
        int high = section.sparseIndex().size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (so.test(section.sparseIndex().get(middle))) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// Bytes `[from, to)` of the section as slices of its chunks; empty when one is not here.
    Optional<List<ByteBuffer>> bytes(long from, long to) throws ObjectStoreException {
        List<ByteBuffer> parts = new ArrayList<>(2);
        for (int chunk = section.chunkAt(from); chunk <= section.chunkAt(to - 1); chunk++) {
            ByteBuffer bytes = chunk(chunk);
            if (bytes == null) {
                return Optional.empty();
            }
            long start = (long) chunk * section.chunkBytes();
            int partFrom = (int) Math.max(0, from - start);
            int partTo = (int) Math.min(bytes.remaining(), to - start);
            parts.add(bytes.slice(bytes.position() + partFrom, partTo - partFrom));
        }
        return Optional.of(parts);
    }

    /// One buffer; a copy only when there are several.
    static ByteBuffer joined(List<ByteBuffer> parts) {
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        ByteBuffer joined =
                ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> joined.put(part.duplicate()));
        return joined.flip();
    }

    private @Nullable ByteBuffer chunk(int chunk) throws ObjectStoreException {
        ByteBuffer here = chunks.get(chunk);
        if (here == null) {
            here = source.chunk(place.pack(), section, chunk).orElse(null);
            if (here != null) {
                chunks.put(chunk, here);
            }
        }
        return here;
    }
}
