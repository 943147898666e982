// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;

/// The bytes of a put: their length, their CRC32C, and a way to write them out, more than once when
/// a backend retries. Immutable; the buffers given must not change until the put has returned.
public final class ObjectBody {
    private static final int FILE_BLOCK_BYTES = 1 << 20;

    private final long bytes;
    private final int crc32c;
    private final Source source;
    private final Opener opener;

    private ObjectBody(long bytes, int crc32c, Source source, Opener opener) {
        if (bytes < 0 || bytes > ObjectStore.MAX_OBJECT_BYTES) {
            throw new IllegalArgumentException(
                    "bad size for one put: bytes="
                            + bytes
                            + ", limit="
                            + ObjectStore.MAX_OBJECT_BYTES);
        }
        this.bytes = bytes;
        this.crc32c = crc32c;
        this.source = source;
        this.opener = opener;
    }

    /// A body of buffers, from each buffer's position to its limit. Not copied.
    public static ObjectBody of(List<ByteBuffer> buffers) {
        List<ByteBuffer> parts = buffers.stream().map(ByteBuffer::slice).toList();
        CRC32C crc = new CRC32C();
        long bytes = 0;
        for (ByteBuffer part : parts) {
            bytes += part.remaining();
            crc.update(part.duplicate());
        }
        return new ObjectBody(
                bytes,
                (int) crc.getValue(),
                out -> {
                    for (ByteBuffer part : parts) {
                        ByteBuffer view = part.duplicate();
                        while (view.hasRemaining()) {
                            out.write(view);
                        }
                    }
                },
                () -> new BuffersInput(parts));
    }

    /// A body of one array. Not copied.
    public static ObjectBody of(byte[] content) {
        return of(List.of(ByteBuffer.wrap(content)));
    }

    /// The same bytes, said to have another CRC32C: for whoever wants to see that refused.
    ObjectBody declaring(int otherCrc32c) {
        return new ObjectBody(bytes, otherCrc32c, source, opener);
    }

    /// The whole of a file, streamed. `crc32c` is what the writer of the file computed; it is
    /// verified again while the bytes leave.
    public static ObjectBody ofFile(Path file, long bytes, int crc32c) {
        return new ObjectBody(
                bytes,
                crc32c,
                out -> {
                    try (FileChannel channel = openSource(file)) {
                        ByteBuffer block =
                                ByteBuffer.allocate(
                                        (int) Math.min(FILE_BLOCK_BYTES, Math.max(1, bytes)));
                        while (readSource(file, channel, block) >= 0) {
                            block.flip();
                            while (block.hasRemaining()) {
                                out.write(block);
                            }
                            block.clear();
                        }
                    }
                },
                () -> openStream(file));
    }

    /// Not a channel's stream: an interrupted reader (a request that runs out of time) must not
    /// take the file for unreadable.
    private static InputStream openStream(Path file) throws ObjectStoreException {
        try {
            return new FileInputStream(file.toFile());
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static FileChannel openSource(Path file) throws ObjectStoreException {
        try {
            return FileChannel.open(file, StandardOpenOption.READ);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static int readSource(Path file, FileChannel channel, ByteBuffer block)
            throws ObjectStoreException {
        try {
            return channel.read(block);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static ObjectStoreException unreadable(Path file, IOException cause) {
        return new ObjectStoreException.Denied(
                "cannot read the file to store: file=" + file, cause);
    }

    /// The error of a body whose bytes are not those it declares.
    static ObjectStoreException.Denied differs(long declaredBytes, String found) {
        return new ObjectStoreException.Denied(
                "body differs from what it declares: declaredBytes=" + declaredBytes + ", " + found,
                null);
    }

    static void checkSum(int crc32c, int declaredCrc32c, long declaredBytes)
            throws ObjectStoreException.Denied {
        if (crc32c != declaredCrc32c) {
            throw differs(
                    declaredBytes,
                    "crc32c=%08x, declaredCrc32c=%08x".formatted(crc32c, declaredCrc32c));
        }
    }

    /// Length in bytes.
    public long bytes() {
        return bytes;
    }

    /// CRC32C of all bytes.
    public int crc32c() {
        return crc32c;
    }

    /// Writes all bytes, from the first, and verifies length and CRC32C on the way. May be called
    /// again.
    ///
    /// @throws ObjectStoreException.Denied the bytes are not those that were declared, or the
    ///   source cannot be read
    /// @throws IOException what `out` threw
    public void writeTo(WritableByteChannel out) throws IOException {
        CheckedOutput checked = new CheckedOutput(out, bytes, crc32c);
        source.writeTo(checked);
        checked.checkWhole();
    }

    /// All bytes as a stream, from the first, for whoever pulls. Its last bytes come only when
    /// length and CRC32C of all of them are right: a reader that asks for all of the declared bytes
    /// and has them has the right ones. May be called again. The caller closes it.
    ///
    /// @throws ObjectStoreException.Denied the source cannot be read, or has not the declared
    ///   bytes; reads of the stream throw it too
    public InputStream open() throws ObjectStoreException {
        return CheckedInput.over(opener.open(), bytes, crc32c);
    }

    @FunctionalInterface
    private interface Opener {
        InputStream open() throws ObjectStoreException;
    }

    @FunctionalInterface
    private interface Source {
        void writeTo(WritableByteChannel out) throws IOException;
    }
}
