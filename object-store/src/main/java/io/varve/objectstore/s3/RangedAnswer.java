// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// A range as HTTP asks for it, and the answer to it read.
final class RangedAnswer {
    /// The last position is -1 where an empty object is answered with a range at all (MinIO).
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(-?\\d+)/(\\d+)");

    private RangedAnswer() {}

    static String header(ByteRange range) {
        return switch (range) {
            case ByteRange.Span span ->
                    "bytes=" + span.position() + "-" + (span.position() + span.length() - 1);
            case ByteRange.Tail tail -> "bytes=-" + tail.length();
        };
    }

    /// Reads the whole answer, so that a connection that breaks in its middle is the SDK's to try
    /// again.
    ///
    /// The SDK takes a head that breaks off for one that ends there, so what it says is believed
    /// only with the bytes behind it.
    ///
    /// @throws ObjectStoreException.Denied the store answered with another range than it was asked
    ///   for
    static ObjectSlice read(
            String key, ByteRange range, GetObjectResponse answer, AbortableInputStream bytes)
            throws ObjectStoreException {
        String contentRange = answer.contentRange();
        boolean isPart = answer.sdkHttpResponse().statusCode() == 206;
        if (contentRange == null && (isPart || answer.contentLength() == null)) {
            throw RetryableException.create("answer broke off in its head: key=" + key);
        }
        if (contentRange == null) {
            return readWhole(key, range, answer.contentLength(), bytes);
        }
        Matcher said = CONTENT_RANGE.matcher(contentRange);
        if (!said.matches()) {
            throw otherRange(key, range, contentRange, bytes);
        }
        long first = Long.parseLong(said.group(1));
        long last = Long.parseLong(said.group(2));
        long objectBytes = Long.parseLong(said.group(3));
        if (last >= objectBytes) {
            throw otherRange(key, range, contentRange, bytes);
        }
        ByteRange.Resolved wanted = range.resolve(key, objectBytes);
        if (wanted.position() != first || wanted.length() != last - first + 1) {
            throw otherRange(key, range, contentRange, bytes);
        }
        return new ObjectSlice(fill(key, wanted.length(), bytes), first, objectBytes);
    }

    /// The server does not know ranges, or the object is empty.
    private static ObjectSlice readWhole(
            String key, ByteRange range, long objectBytes, AbortableInputStream bytes)
            throws ObjectStoreException {
        ByteRange.Resolved wanted;
        try {
            wanted = range.resolve(key, objectBytes);
        } catch (ObjectStoreException.InvalidRange e) {
            // Unless the length itself has broken off.
            skip(key, objectBytes, bytes);
            throw e;
        }
        skip(key, wanted.position(), bytes);
        ByteBuffer slice = fill(key, wanted.length(), bytes);
        if (wanted.position() + wanted.length() < objectBytes) {
            bytes.abort();
        }
        return new ObjectSlice(slice, wanted.position(), objectBytes);
    }

    private static void skip(String key, long count, AbortableInputStream bytes) {
        try {
            bytes.skipNBytes(count);
        } catch (IOException e) {
            throw broken(key, e);
        }
    }

    private static ByteBuffer fill(String key, int length, AbortableInputStream bytes) {
        byte[] target = new byte[length];
        try {
            int read = bytes.readNBytes(target, 0, length);
            if (read < length) {
                throw RetryableException.create(
                        "answer ends early: key=" + key + ", bytes=" + read + ", of=" + length);
            }
            return ByteBuffer.wrap(target);
        } catch (IOException e) {
            throw broken(key, e);
        }
    }

    private static RetryableException broken(String key, IOException cause) {
        return RetryableException.create("answer broke off: key=" + key, cause);
    }

    /// With no byte behind it, the header itself may have broken off.
    private static ObjectStoreException otherRange(
            String key, ByteRange range, String said, AbortableInputStream bytes) {
        try {
            if (bytes.read() < 0) {
                throw RetryableException.create("answer broke off in its head: key=" + key);
            }
        } catch (IOException e) {
            throw broken(key, e);
        }
        return new ObjectStoreException.Denied(
                "the store answered with another range: key="
                        + key
                        + ", asked="
                        + header(range)
                        + ", answered="
                        + said,
                null);
    }
}
