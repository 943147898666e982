// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.codec;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// Writes big-endian fields into an array that grows. Owner: the caller's thread.
public final class ByteWriter {
    private static final int FIRST_CAPACITY_BYTES = 512;

    private ByteBuffer buffer = ByteBuffer.allocate(FIRST_CAPACITY_BYTES);

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int needed = Math.addExact(buffer.position(), bytes);
            int doubled = (int) Math.min(Integer.MAX_VALUE - 8L, buffer.capacity() * 2L);
            buffer =
                    ByteBuffer.wrap(Arrays.copyOf(buffer.array(), Math.max(needed, doubled)))
                            .position(buffer.position());
        }
        return buffer;
    }

    public ByteWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    public ByteWriter i16(int value) {
        room(Short.BYTES).putShort((short) value);
        return this;
    }

    public ByteWriter i32(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    public ByteWriter i64(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    /// Length as a 32-bit integer, then the bytes.
    public ByteWriter bytes(byte[] value) {
        i32(value.length);
        return raw(value);
    }

    /// The bytes alone.
    public ByteWriter raw(byte[] value) {
        room(value.length).put(value);
        return this;
    }

    /// UTF-8 as [#bytes].
    public ByteWriter text(String value) {
        return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    /// Count as a 32-bit integer, then the elements.
    public <T> ByteWriter list(List<T> values, Consumer<T> each) {
        i32(values.size());
        values.forEach(each);
        return this;
    }

    /// Bytes written so far.
    public int size() {
        return buffer.position();
    }

    /// CRC32C of everything written so far.
    public int crc32c() {
        CRC32C crc = new CRC32C();
        crc.update(buffer.array(), 0, buffer.position());
        return (int) crc.getValue();
    }

    /// Everything written so far. Not a copy: write nothing more.
    public ByteBuffer written() {
        return ByteBuffer.wrap(buffer.array(), 0, buffer.position()).slice();
    }

    /// A copy of everything written so far.
    public byte[] toArray() {
        return Arrays.copyOf(buffer.array(), buffer.position());
    }
}
