// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/// Buffers, one after the other, as a stream; they are left as they are. Owner: one reader.
final class BuffersInput extends InputStream {
    private final List<ByteBuffer> parts;
    private int next;
    private ByteBuffer current = ByteBuffer.allocate(0);

    BuffersInput(List<ByteBuffer> parts) {
        this.parts = parts;
    }

    @Override
    public int read() {
        return advance() ? current.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (!advance()) {
            return -1;
        }
        int count = Math.min(length, current.remaining());
        current.get(target, offset, count);
        return count;
    }

    /// Moves to the next byte; false at the end.
    private boolean advance() {
        while (!current.hasRemaining() && next < parts.size()) {
            current = parts.get(next++).duplicate();
        }
        return current.hasRemaining();
    }
}
