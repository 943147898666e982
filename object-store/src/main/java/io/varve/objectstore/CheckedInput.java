// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.CRC32C;

/// A body's bytes on their way to whoever pulls them, counted and summed. The read that would give
/// the last byte fails instead when the bytes are not the declared ones, so that a request never
/// becomes whole with wrong bytes. Owner: one reader.
final class CheckedInput extends InputStream {
    private final InputStream source;
    private final long declaredBytes;
    private final int declaredCrc;
    private final CRC32C crc = new CRC32C();
    private long position;

    private CheckedInput(InputStream source, long declaredBytes, int declaredCrc) {
        this.source = source;
        this.declaredBytes = declaredBytes;
        this.declaredCrc = declaredCrc;
    }

    /// @param source closed with the stream, and when this throws
    /// @throws ObjectStoreException.Denied the body should be empty and is not
    static InputStream over(InputStream source, long declaredBytes, int declaredCrc)
            throws ObjectStoreException {
        CheckedInput checked = new CheckedInput(source, declaredBytes, declaredCrc);
        if (declaredBytes == 0) {
            try {
                checked.checkWhole();
            } catch (ObjectStoreException e) {
                closeAfter(e, source);
                throw e;
            }
        }
        return checked;
    }

    private static void closeAfter(ObjectStoreException failure, InputStream source) {
        try {
            source.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (position == declaredBytes) {
            return -1;
        }
        int count = pull(target, offset, (int) Math.min(length, declaredBytes - position));
        if (count < 0) {
            throw ObjectBody.differs(declaredBytes, "bytes=" + position);
        }
        crc.update(target, offset, count);
        position += count;
        if (position == declaredBytes) {
            checkWhole();
        }
        return count;
    }

    private int pull(byte[] target, int offset, int length) throws ObjectStoreException {
        try {
            return source.read(target, offset, length);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void checkWhole() throws ObjectStoreException {
        if (pull(new byte[1], 0, 1) >= 0) {
            throw ObjectBody.differs(declaredBytes, "bytes=" + (declaredBytes + 1) + " or more");
        }
        ObjectBody.checkSum((int) crc.getValue(), declaredCrc, declaredBytes);
    }

    private static ObjectStoreException unreadable(IOException cause) {
        return new ObjectStoreException.Denied("cannot read the body to store", cause);
    }

    @Override
    public int available() throws IOException {
        return (int) Math.min(source.available(), declaredBytes - position);
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
