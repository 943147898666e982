// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32C;

/// A channel that passes a body's bytes on and counts and sums what really left, so that a body
/// that is not what it declares is noticed before it becomes an object. Owner: one put.
final class CheckedOutput implements WritableByteChannel {
    /// A larger write would make the JDK copy the whole of it into one direct buffer.
    private static final int WRITE_BYTES_MAX = 1 << 20;

    private final WritableByteChannel out;
    private final long declaredBytes;
    private final int declaredCrc;
    private final CRC32C crc = new CRC32C();
    private long written;

    CheckedOutput(WritableByteChannel out, long declaredBytes, int declaredCrc) {
        this.out = out;
        this.declaredBytes = declaredBytes;
        this.declaredCrc = declaredCrc;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (source.remaining() > declaredBytes - written) {
            throw ObjectBody.differs(
                    declaredBytes, "bytes=" + (written + source.remaining()) + " or more");
        }
        int length = Math.min(source.remaining(), WRITE_BYTES_MAX);
        ByteBuffer piece = source.slice(source.position(), length);
        int count = out.write(piece);
        crc.update(source.slice(source.position(), count));
        source.position(source.position() + count);
        written += count;
        return count;
    }

    /// To be called after the last byte.
    void checkWhole() throws ObjectStoreException.Denied {
        if (written != declaredBytes) {
            throw ObjectBody.differs(declaredBytes, "bytes=" + written);
        }
        ObjectBody.checkSum((int) crc.getValue(), declaredCrc, declaredBytes);
    }

    @Override
    public boolean isOpen() {
        return out.isOpen();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
