// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.codec;

import io.varve.manifest.CorruptObjectException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/// Reads what [ByteWriter] wrote. Whatever does not fit is a [CorruptObjectException] that names
/// the object; no length or count is believed before it was compared with the bytes that are left.
/// Owner: the caller's thread.
public final class ByteReader {
    private final ByteBuffer buffer;
    private final String object;

    /// @param object the key, for messages
    public ByteReader(ByteBuffer bytes, String object) {
        this.buffer = bytes.slice();
        this.object = object;
    }

    private ByteBuffer need(long bytes) {
        if (bytes < 0 || bytes > buffer.remaining()) {
            throw corrupt(
                    "field does not fit: position="
                            + buffer.position()
                            + ", bytes="
                            + bytes
                            + ", left="
                            + buffer.remaining());
        }
        return buffer;
    }

    public int u8() {
        return need(1).get() & 0xff;
    }

    public short i16() {
        return need(Short.BYTES).getShort();
    }

    public int i32() {
        return need(Integer.BYTES).getInt();
    }

    public long i64() {
        return need(Long.BYTES).getLong();
    }

    public byte[] bytes() {
        return raw(i32());
    }

    public byte[] raw(int length) {
        need(length);
        byte[] value = new byte[length];
        buffer.get(value);
        return value;
    }

    public String text() {
        int length = i32();
        need(length);
        ByteBuffer utf8 = buffer.slice(buffer.position(), length);
        buffer.position(buffer.position() + length);
        try {
            CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(utf8);
            return chars.toString();
        } catch (CharacterCodingException e) {
            throw new CorruptObjectException("text is not utf-8: object=" + object, e);
        }
    }

    /// A flag byte: 0 or 1, nothing else.
    public boolean flag() {
        int value = u8();
        if (value > 1) {
            throw corrupt("bad flag: position=" + (buffer.position() - 1) + ", value=" + value);
        }
        return value == 1;
    }

    /// @param elementBytesMin the least that one element takes, so that a wild count allocates
    ///   nothing
    public <T> List<T> list(int elementBytesMin, Supplier<T> each) {
        int count = i32();
        need((long) count * elementBytesMin);
        List<T> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(each.get());
        }
        return values;
    }

    /// Everything must have been read.
    public void end() {
        if (buffer.hasRemaining()) {
            throw corrupt(
                    "bytes behind the last field: position="
                            + buffer.position()
                            + ", left="
                            + buffer.remaining());
        }
    }

    /// Bytes read so far.
    public int position() {
        return buffer.position();
    }

    public CorruptObjectException corrupt(String fact) {
        return new CorruptObjectException(fact + ", object=" + object);
    }

    /// CRC32C of a buffer from its position to its limit.
    public static int crc32c(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }
}
