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
        Optional<List<ByteBuffer>> parts = bytes(position, end);
        if (parts.isEmpty()) {
            return Optional.empty();
        }
        ByteBuffer header = joined(parts.get());
        int at = header.position();
        long length = Batches.sizeAt(header, at);
        int delta = header.getInt(at + LAST_OFFSET_DELTA_AT);
        long baseOffset = header.getLong(at);
        if (position + length > section.length() || delta < 0 || length > Integer.MAX_VALUE) {
            throw damaged(position, "batch does not fit: length=" + header.getInt(at + LENGTH_AT));
        }
        return Optional.of(
                new Header(
                        position,
                        (int) length,
                        baseOffset,
                        baseOffset + delta + 1,
                        header.getLong(at + MAX_TIMESTAMP_AT)));
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
    /// served from this section, and are here. Empty when not even the first one is here.
    ///
    /// @return the last batch of them
    Optional<Header> extend(Header first, int bytesMax) throws ObjectStoreException {
        if (bytes(first.position(), first.endPosition()).isEmpty()) {
            return Optional.empty();
        }
        Header last = first;
        while (last.endPosition() < section.length()) {
            Optional<Header> next = header(last.endPosition());
            if (next.isEmpty()
                    || next.get().baseOffset() >= place.endOffset()
                    || next.get().endPosition() - first.position() > bytesMax
                    || bytes(next.get().position(), next.get().endPosition()).isEmpty()) {
                break;
            }
            last = next.get();
        }
        return Optional.of(last);
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
