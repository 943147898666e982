// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/// The last frames that were appended, in memory, so that followers and consumers at the tail cause
/// no disk read. The oldest leave first, so that the bytes held stay within the bound. Cached
/// buffers never change and are given out as they are.
///
/// Thread-safe; frames are added by the appender thread.
final class FrameCache {
    private final long bytesMax;
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentSkipListMap<Place, Frame> frames = new ConcurrentSkipListMap<>();

    /// @param bytesMax bound of tables and bodies together; 0 caches nothing
    FrameCache(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    private record Place(long file, long position) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byFile = Long.compare(file, other.file);
            return byFile != 0 ? byFile : Long.compare(position, other.position);
        }
    }

    private record Frame(ByteBuffer table, ByteBuffer body) {
        long bytes() {
            return (long) table.remaining() + body.remaining();
        }
    }

    /// Keeps both buffers.
    void add(long file, long position, ByteBuffer table, ByteBuffer body) {
        Frame frame = new Frame(view(table), view(body));
        if (frame.bytes() > bytesMax) {
            return;
        }
        frames.put(new Place(file, position), frame);
        long held = bytes.addAndGet(frame.bytes());
        while (held > bytesMax) {
            Map.Entry<Place, Frame> oldest = frames.pollFirstEntry();
            if (oldest == null) {
                return;
            }
            held = bytes.addAndGet(-oldest.getValue().bytes());
        }
    }

    private static ByteBuffer view(ByteBuffer buffer) {
        return buffer.isReadOnly() && buffer.position() == 0 && buffer.limit() == buffer.capacity()
                ? buffer
                : buffer.slice().asReadOnlyBuffer();
    }

    Optional<ByteBuffer> table(FrameLocation frame) {
        return get(frame).map(cached -> cached.table().duplicate());
    }

    Optional<ByteBuffer> body(FrameLocation frame) {
        return get(frame).map(cached -> cached.body().duplicate());
    }

    private Optional<Frame> get(FrameLocation frame) {
        return Optional.ofNullable(frames.get(new Place(frame.file(), frame.position())));
    }

    /// Bytes of a frame's body by their place in the file.
    Optional<ByteBuffer> range(HotRange range) {
        Map.Entry<Place, Frame> entry =
                frames.floorEntry(new Place(range.file(), range.position()));
        if (entry == null || entry.getKey().file() != range.file()) {
            return Optional.empty();
        }
        Frame frame = entry.getValue();
        long at =
                range.position()
                        - entry.getKey().position()
                        - FrameHeader.BYTES
                        - frame.table().remaining();
        if (at < 0 || at + range.length() > frame.body().remaining()) {
            return Optional.empty();
        }
        return Optional.of(frame.body().slice((int) at, range.length()));
    }

    /// Forgets the frames of a file that was freed.
    void forget(long file) {
        frames.subMap(new Place(file, 0), new Place(file + 1, 0))
                .forEach((place, frame) -> {
                    if (frames.remove(place, frame)) {
                        bytes.addAndGet(-frame.bytes());
                    }
                });
    }

    long bytes() {
        return bytes.get();
    }
}
