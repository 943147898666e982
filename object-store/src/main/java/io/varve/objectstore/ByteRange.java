// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// Which bytes of an object to read. Immutable.
public sealed interface ByteRange {
    /// `length` bytes from `position` on (fewer where the object ends).
    record Span(long position, int length) implements ByteRange {
        public Span {
            if (position < 0 || length <= 0) {
                throw new IllegalArgumentException(
                        "bad range: position=" + position + ", length=" + length);
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

    /// What a range means for one object: `length` bytes from `position` on, all of them there.
    /// `length` is 0 only when the object is empty.
    record Resolved(long position, int length) {}

    static ByteRange span(long position, int length) {
        return new Span(position, length);
    }

    static ByteRange tail(int length) {
        return new Tail(length);
    }

    /// Cuts this range to an object of `objectBytes` bytes. Any range of an empty object is empty.
    ///
    /// @throws ObjectStoreException.InvalidRange the range starts at or behind the end of a
    ///   non-empty object
    default Resolved resolve(String key, long objectBytes)
            throws ObjectStoreException.InvalidRange {
        if (objectBytes == 0) {
            return new Resolved(0, 0);
        }
        return switch (this) {
            case Tail tail -> {
                int length = (int) Math.min(tail.length(), objectBytes);
                yield new Resolved(objectBytes - length, length);
            }
            case Span span -> {
                if (span.position() >= objectBytes) {
                    throw new ObjectStoreException.InvalidRange(
                            "range starts behind the object: key="
                                    + key
                                    + ", position="
                                    + span.position()
                                    + ", objectBytes="
                                    + objectBytes,
                            null);
                }
                yield new Resolved(
                        span.position(),
                        (int) Math.min(span.length(), objectBytes - span.position()));
            }
        };
    }
}
