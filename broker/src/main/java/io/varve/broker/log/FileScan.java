// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/// Finds the frames of one file whose index file is missing. Every frame with right CRCs counts, in
/// whatever place; bytes of an earlier life of the file, or of a write that was torn, end the scan.
/// Damage in the middle does not: the frames behind it are found by their identity.
///
/// Owner: one thread.
final class FileScan {
    private static final int CHUNK_BYTES = 1 << 20;

    private final DiskFile disk;
    private final long number;
    private final long size;
    private final CRC32C headerCrc = new CRC32C();
    private final ByteBuffer header = ByteBuffer.allocate(FrameHeader.BYTES);
    private final ByteBuffer chunk;
    private final List<DamagedFrameException> damages = new ArrayList<>();
    private final FrameList frames;
    private final FrameList damaged;

    private FileScan(DiskFile disk, long number, long size) {
        this.disk = disk;
        this.number = number;
        this.size = size;
        this.chunk =
                ByteBuffer.allocate((int) Math.max(FrameHeader.BYTES, Math.min(CHUNK_BYTES, size)));
        this.frames = new FrameList(number);
        this.damaged = new FrameList(number);
    }

    /// What a file holds.
    ///
    /// @param frames with right CRCs
    /// @param damaged with a right header and wrong bytes
    /// @param endPosition behind the last of both
    /// @param damages in front of frames that could be read
    record Result(
            Kind kind,
            long identity,
            FrameList frames,
            FrameList damaged,
            long endPosition,
            List<DamagedFrameException> damages) {}

    enum Kind {
        /// There are frames.
        FRAMES,
        /// Nothing of this file's life was written: zeros, or bytes of an earlier life.
        UNWRITTEN,
        /// The header is this file's own, and no frame follows.
        EMPTY,
        /// No header and no frame, and yet not unwritten.
        UNREADABLE
    }

    static Result scan(DiskFile disk, long number) throws IOException {
        return new FileScan(disk, number, disk.size()).scan();
    }

    private Result scan() throws IOException {
        ByteBuffer first = ByteBuffer.allocate(FileHeader.BYTES);
        disk.read(0, first);
        first.flip();
        Optional<FileHeader> own = FileHeader.decode(first, LogFileNames.log(number));
        if (own.isPresent() && !FileHeader.isOf(own.get().identity(), number)) {
            return result(Kind.UNWRITTEN, own.get().identity(), FileHeader.BYTES);
        }
        OptionalLong identity =
                own.isPresent() ? OptionalLong.of(own.get().identity()) : identityOfFirstFrame();
        if (identity.isEmpty()) {
            return result(isZero(first) ? Kind.UNWRITTEN : Kind.UNREADABLE, 0, FileHeader.BYTES);
        }
        if (own.isEmpty()) {
            damages.add(new DamagedFrameException("damaged file header", number, 0));
        }
        long end = walk(identity.getAsLong());
        boolean any = frames.size() + damaged.size() > 0;
        return result(any ? Kind.FRAMES : Kind.EMPTY, identity.getAsLong(), end);
    }

    private Result result(Kind kind, long identity, long end) {
        return new Result(kind, identity, frames, damaged, end, List.copyOf(damages));
    }

    private static boolean isZero(ByteBuffer bytes) {
        for (int at = 0; at < bytes.limit(); at++) {
            if (bytes.get(at) != 0) {
                return false;
            }
        }
        return true;
    }

    /// The header is damaged: a frame of this file's number tells the identity too.
    private OptionalLong identityOfFirstFrame() throws IOException {
        Optional<Found> found =
                search(FileHeader.BYTES, header -> FileHeader.isOf(header.identity(), number));
        return found.map(frame -> OptionalLong.of(frame.header().identity()))
                .orElse(OptionalLong.empty());
    }

    /// @return behind the last frame
    private long walk(long identity) throws IOException {
        long position = FileHeader.BYTES;
        long end = position;
        while (position + FrameHeader.BYTES <= size) {
            Optional<FrameHeader> here = headerAt(position);
            if (here.isPresent() && isWhole(here.get(), position, identity)) {
                take(here.get(), position);
                position += here.get().frameBytes();
                end = position;
                continue;
            }
            Optional<Found> next =
                    search(position + FrameHeader.ALIGNMENT, frame -> frame.identity() == identity);
            if (next.isEmpty()) {
                break;
            }
            damages.add(new DamagedFrameException("damaged frame header", number, position));
            position = next.get().position();
        }
        return end;
    }

    private boolean isWhole(FrameHeader frame, long position, long identity) {
        return frame.identity() == identity && position + frame.frameBytes() <= size;
    }

    private void take(FrameHeader frame, long position) throws IOException {
        long bodyAt = position + FrameHeader.BYTES + frame.tableLength();
        boolean right =
                crcOf(position + FrameHeader.BYTES, frame.tableLength()) == frame.tableCrc()
                        && crcOf(bodyAt, frame.bodyLength()) == frame.bodyCrc();
        if (!right) {
            damages.add(new DamagedFrameException("damaged frame", number, position));
        }
        (right ? frames : damaged)
                .add(
                        frame.term(),
                        frame.index(),
                        position,
                        frame.tableLength(),
                        frame.bodyLength());
    }

    private Optional<FrameHeader> headerAt(long position) throws IOException {
        header.clear();
        disk.read(position, header);
        return FrameHeader.decode(header.flip(), 0, headerCrc);
    }

    private int crcOf(long position, int length) throws IOException {
        CRC32C crc = new CRC32C();
        int left = length;
        while (left > 0) {
            chunk.clear().limit(Math.min(left, chunk.capacity()));
            int read = disk.read(position + length - left, chunk);
            if (read == 0) {
                break;
            }
            crc.update(chunk.flip());
            left -= read;
        }
        return (int) crc.getValue();
    }

    private record Found(FrameHeader header, long position) {}

    /// The first whole header from `from` (a multiple of the alignment) to the end of the file that
    /// is wanted. Reads at most the file once.
    private Optional<Found> search(long from, Predicate<FrameHeader> wanted) throws IOException {
        long start = from;
        while (start + FrameHeader.BYTES <= size) {
            chunk.clear();
            disk.read(start, chunk);
            chunk.flip();
            int at = 0;
            for (; at + FrameHeader.BYTES <= chunk.limit(); at += FrameHeader.ALIGNMENT) {
                if (chunk.getInt(at) != FrameHeader.MAGIC) {
                    continue;
                }
                Optional<FrameHeader> here = FrameHeader.decode(chunk, at, headerCrc);
                if (here.isPresent() && wanted.test(here.get())) {
                    return Optional.of(new Found(here.get(), start + at));
                }
            }
            if (at == 0) {
                break;
            }
            start += at;
        }
        return Optional.empty();
    }
}
