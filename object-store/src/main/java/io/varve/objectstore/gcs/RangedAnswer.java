// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import com.google.api.client.http.HttpResponse;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStoreException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A range as HTTP asks for it, and the answer to it read: whole, within one attempt, so that no
/// slice is put together from two generations of an object. What fails here leaves the answer half
/// read: its attempt ends the connection.
final class RangedAnswer {
    /// The last position is -1 where an empty object is answered with a range at all
    /// (fake-gcs-server).
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(-?\\d+)/(\\d+)");

    private RangedAnswer() {}

    static String header(ByteRange range) {
        return switch (range) {
            case ByteRange.Span span ->
                    "bytes=" + span.position() + "-" + (span.position() + span.length() - 1);
            case ByteRange.Tail tail -> "bytes=-" + tail.length();
        };
    }

    /// @param requests those that the answer belongs to
    /// @throws ObjectStoreException.Denied the store answered with another range than it was asked
    ///   for
    /// @throws IOException the answer broke off
    static ObjectSlice read(String key, ByteRange range, HttpResponse answer, GcsRequests requests)
            throws IOException {
        @Nullable String contentRange = answer.getHeaders().getContentRange();
        if (contentRange == null) {
            return readWhole(key, range, answer, requests);
        }
        Matcher said = CONTENT_RANGE.matcher(contentRange);
        if (!said.matches()) {
            throw otherRange(key, range, contentRange);
        }
        long first = Long.parseLong(said.group(1));
        long last = Long.parseLong(said.group(2));
        long objectBytes = Long.parseLong(said.group(3));
        ByteRange.Resolved wanted = range.resolve(key, objectBytes);
        if (wanted.position() != first || wanted.length() != last - first + 1) {
            throw otherRange(key, range, contentRange);
        }
        InputStream bytes = content(answer);
        ByteBuffer slice = fill(key, wanted.length(), bytes);
        checkEnd(key, bytes);
        return new ObjectSlice(slice, first, objectBytes);
    }

    /// The server does not know ranges, or the object is empty.
    private static ObjectSlice readWhole(
            String key, ByteRange range, HttpResponse answer, GcsRequests requests)
            throws IOException {
        @Nullable Long objectBytes = answer.getHeaders().getContentLength();
        if (objectBytes == null) {
            throw otherRange(key, range, "without a length");
        }
        ByteRange.Resolved wanted = range.resolve(key, objectBytes);
        InputStream bytes = content(answer);
        bytes.skipNBytes(wanted.position());
        ByteBuffer slice = fill(key, wanted.length(), bytes);
        if (wanted.position() + wanted.length() < objectBytes) {
            // The rest may be long.
            requests.abandon();
        } else {
            checkEnd(key, bytes);
        }
        return new ObjectSlice(slice, wanted.position(), objectBytes);
    }

    private static InputStream content(HttpResponse answer) throws IOException {
        @Nullable InputStream content = answer.getContent();
        return content == null ? InputStream.nullInputStream() : content;
    }

    private static ByteBuffer fill(String key, int length, InputStream bytes) throws IOException {
        byte[] target = new byte[length];
        int read = bytes.readNBytes(target, 0, length);
        if (read < length) {
            throw new EOFException(
                    "answer ends early: key=" + key + ", bytes=" + read + ", of=" + length);
        }
        return ByteBuffer.wrap(target);
    }

    /// Reading the end of an answer gives its connection back.
    private static void checkEnd(String key, InputStream bytes) throws IOException {
        if (bytes.read() >= 0) {
            throw new ObjectStoreException.Denied(
                    "the store answered with more bytes than it said: key=" + key, null);
        }
        bytes.close();
    }

    private static ObjectStoreException otherRange(String key, ByteRange range, String said) {
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
