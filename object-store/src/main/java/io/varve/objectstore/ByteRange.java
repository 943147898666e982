// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// Which bytes of an object to read.
public sealed interface ByteRange {
    /// `length` bytes from `position` on (fewer where the object ends).
    record Span(long position, int length) implements ByteRange {
        public Span {
            if (position < 0 || length <= 0) {
                throw new IllegalArgumentException("bad range: position=" + position + ", length=" + length);
            }
        }
    }

    /// The last `length` bytes (the whole object where it is smaller).
    record Tail(int length) implements ByteRange {
        public Tail {
            if (length <= 0) {
                throw new IllegalArgumentException("bad range: tail length=" + length);
            }
        }
    }

    static ByteRange span(long position, int length) {
        return new Span(position, length);
    }

    static ByteRange tail(int length) {
        return new Tail(length);
    }
}
