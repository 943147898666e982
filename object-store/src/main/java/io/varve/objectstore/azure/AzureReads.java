// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.azure;

import com.azure.core.http.HttpMethod;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.StoreLimits;
import io.varve.objectstore.StoreOperation;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads of one object. The service knows no ranges from an object's end: such a read asks for the
/// size first, and then for the range of that very object (its ETag). Thread-safe.
final class AzureReads {
    /// How often the end of an object that is overwritten all the time is looked for.
    private static final int LOOKS_MAX = 4;

    /// The last position is -1 where an empty object is answered with a range at all (Azurite).
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(-?\\d+)/(\\d+)");

    private final AzureAddress address;
    private final AzureConnection connection;
    private final StoreLimits limits;
    private final AzureListing listing;

    AzureReads(
            AzureAddress address,
            AzureConnection connection,
            StoreLimits limits,
            AzureListing listing) {
        this.address = address;
        this.connection = connection;
        this.limits = limits;
        this.listing = listing;
    }

    /// An object's properties; empty when there is none.
    Optional<AzureAnswer> look(String key) throws ObjectStoreException {
        AzureAnswer answer =
                connection.call(
                        "head",
                        key,
                        new AzureCall(
                                StoreOperation.HEAD,
                                HttpMethod.HEAD,
                                address.objectUrl(key),
                                limits));
        if (answer.isSuccess()) {
            return isFolder(answer) ? Optional.empty() : Optional.of(answer);
        }
        if (answer.getStatusCode() != 404 || answer.code().startsWith("Container")) {
            throw connection.errors().refused("head", key, answer);
        }
        if (!answer.code().equals("BlobNotFound")) {
            // It does not say what is missing, and without its container no object is absent.
            var _ = listing.askContainer("head");
        }
        return Optional.empty();
    }

    /// An account with a hierarchical namespace shows folders as objects.
    private static boolean isFolder(AzureAnswer answer) {
        return answer.header("x-ms-resource-type").filter("directory"::equals).isPresent()
                || answer.header("x-ms-meta-hdi_isfolder").filter("true"::equals).isPresent();
    }

    /// The size of the whole object, of an answer to head.
    static long sizeOf(AzureAnswer answer) {
        return answer.header("Content-Length").map(Long::parseLong).orElse(0L);
    }

    ObjectSlice get(String key, ByteRange range) throws ObjectStoreException {
        return switch (range) {
            case ByteRange.Span span -> getSpan(key, span);
            case ByteRange.Tail tail -> getTail(key, tail);
        };
    }

    private ObjectSlice getSpan(String key, ByteRange.Span span) throws ObjectStoreException {
        AzureAnswer answer = ask(key, span.position(), span.length(), Optional.empty());
        if (answer.getStatusCode() == 416) {
            return outside(key, span, answer);
        }
        return slice(key, span, span.position(), answer);
    }

    private ObjectSlice getTail(String key, ByteRange.Tail tail) throws ObjectStoreException {
        for (int looks = 0; looks < LOOKS_MAX; looks++) {
            AzureAnswer head = look(key).orElseThrow(() -> missing(key));
            ByteRange.Resolved part = tail.resolve(key, sizeOf(head));
            if (part.length() == 0) {
                return new ObjectSlice(ByteBuffer.allocate(0), 0, 0);
            }
            AzureAnswer answer = ask(key, part.position(), part.length(), head.header("ETag"));
            // 412: another object by now.
            if (answer.getStatusCode() != 412 && answer.getStatusCode() != 416) {
                return slice(key, tail, part.position(), answer);
            }
        }
        throw connection.errors().ended("object changed while it was read", "get", key);
    }

    private ObjectStoreException missing(String key) {
        return new ObjectStoreException.NotFound(
                "no such object: operation=get, key=" + key + ", " + address.place(), null);
    }

    private AzureAnswer ask(String key, long position, int length, Optional<String> etag)
            throws ObjectStoreException {
        long bytes = Math.min(length, ObjectStore.MAX_OBJECT_BYTES);
        AzureCall call =
                new AzureCall(StoreOperation.GET, HttpMethod.GET, address.objectUrl(key), limits)
                        .header("x-ms-range", "bytes=" + position + "-" + (position + length - 1))
                        .answer(
                                Math.min(length, Integer.MAX_VALUE - 8),
                                limits.attemptOf(bytes),
                                limits.callOf(bytes));
        etag.ifPresent(tag -> call.header("If-Match", tag));
        return connection.call("get", key, call);
    }

    /// @param asked where the bytes have to begin
    private ObjectSlice slice(String key, ByteRange range, long asked, AzureAnswer answer)
            throws ObjectStoreException {
        if (!answer.isSuccess()) {
            throw connection.errors().refused("get", key, answer);
        }
        byte[] body = answer.body();
        String said = answer.header("Content-Range").orElse("");
        boolean told = answer.header("Content-Length").isPresent();
        if (said.isEmpty() && answer.getStatusCode() == 200 && told) {
            // The whole object, which is then not larger than what was asked for.
            ByteRange.Resolved part = range.resolve(key, body.length);
            ByteBuffer bytes = ByteBuffer.wrap(body, (int) part.position(), part.length()).slice();
            return new ObjectSlice(bytes, part.position(), body.length);
        }
        Matcher content = CONTENT_RANGE.matcher(said);
        if (content.matches()) {
            long first = Long.parseLong(content.group(1));
            long objectBytes = Long.parseLong(content.group(3));
            ByteRange.Resolved part = range.resolve(key, objectBytes);
            if (objectBytes == 0 && body.length == 0) {
                return new ObjectSlice(ByteBuffer.allocate(0), 0, 0);
            }
            long last = Long.parseLong(content.group(2));
            if (first == asked && body.length < part.length() && !told) {
                // It ended with its connection.
                throw connection.errors().ended("answer broke off", "get", key);
            }
            boolean whole =
                    first == asked
                            && part.position() == asked
                            && part.length() == body.length
                            && part.length() == last - first + 1;
            if (whole) {
                return new ObjectSlice(ByteBuffer.wrap(body), asked, objectBytes);
            }
        }
        throw new ObjectStoreException.Denied(
                "the store answered with another range: key="
                        + key
                        + ", asked="
                        + range
                        + ", answered="
                        + said
                        + ", bytes="
                        + body.length,
                null);
    }

    /// No byte of the range is in the object: it is empty, or the caller is wrong about its size.
    private ObjectSlice outside(String key, ByteRange.Span span, AzureAnswer refusal)
            throws ObjectStoreException {
        AzureAnswer head =
                look(key).orElseThrow(() -> connection.errors().refused("get", key, refusal));
        long objectBytes = sizeOf(head);
        if (span.resolve(key, objectBytes).length() > 0) {
            throw connection.errors().ended("object changed while it was read", "get", key);
        }
        return new ObjectSlice(ByteBuffer.allocate(0), 0, objectBytes);
    }
}
