// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.s3;

import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import io.varve.objectstore.ObjectStoreException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/// Listings from any key on, in two ways.
///
/// **In one go**: prefix and start-after as they are; Amazon's service keeps to them.
///
/// **By folders**: MinIO leaves keys out when start-after lies in a folder below the prefix. It
/// walks the folders from there, counts what its siblings hold that sort before (`orders-x/...` and
/// `orders.y` before `orders/...`), drops that afterwards, and calls the short page the last one;
/// seen with MinIO of 2026-02, where `start-after=p3/0955` gave nothing of 1,000 keys. So
/// start-after is asked only within its own folder, and then from each folder above it onwards:
///
/// ```
/// prefix t/, after t/a/b/c:   t/a/b/ after c     t/a/ from b0     t/ from a0     ('0' follows '/')
/// ```
///
/// That takes two more requests for each folder that ends within a page. Thread-safe.
final class S3Listing {
    /// What MinIO counts and drops even within one folder: objects whose names begin the one of
    /// start-after.
    private static final int SPARE = 64;

    private final S3Address address;
    private final S3Connection connection;
    private final S3Errors errors;
    private final boolean byFolders;

    S3Listing(S3Address address, S3Connection connection, S3Errors errors, boolean byFolders) {
        this.address = address;
        this.connection = connection;
        this.errors = errors;
        this.byFolders = byFolders;
    }

    /// As in [io.varve.objectstore.ObjectStore#list], of arguments that have been checked.
    List<ObjectInfo> list(String prefix, String startAfter, int maxKeys)
            throws ObjectStoreException {
        Page page = new Page(startAfter, maxKeys);
        @Nullable String from = startAfter;
        while (from != null && !page.isFull()) {
            from = sweep(prefix, from, page).orElse(null);
        }
        return page.found;
    }

    /// Adds what follows `from`, until an answer says that there is more.
    ///
    /// @return the last key of that answer
    private Optional<String> sweep(String prefix, String from, Page page)
            throws ObjectStoreException {
        for (Part part : parts(prefix, from)) {
            if (page.isFull()) {
                return Optional.empty();
            }
            ListObjectsV2Response answer = ask(part, part.exactly() ? 1 : page.room());
            for (S3Object object : answer.contents()) {
                if (!part.exactly() || object.key().equals(part.prefix())) {
                    page.add(object);
                }
            }
            if (!part.exactly() && isCut(answer)) {
                return Optional.of(answer.contents().getLast().key());
            }
        }
        return Optional.empty();
    }

    private static boolean isCut(ListObjectsV2Response answer) {
        return Boolean.TRUE.equals(answer.isTruncated());
    }

    /// Sends a request, and again for as long as the answer is a part without a key.
    private ListObjectsV2Response ask(Part part, int room) throws ObjectStoreException {
        ListObjectsV2Response answer = send(part, room, null);
        while (answer.contents().isEmpty() && isCut(answer)) {
            answer = send(part, room, answer.nextContinuationToken());
        }
        return answer;
    }

    private ListObjectsV2Response send(Part part, int room, @Nullable String token)
            throws ObjectStoreException {
        try {
            return connection.call(client ->
                    client.listObjectsV2(request -> {
                        request.bucket(address.bucket()).prefix(part.prefix()).maxKeys(room);
                        if (token != null) {
                            request.continuationToken(token);
                        } else if (!part.after().isEmpty()) {
                            request.startAfter(part.after());
                        }
                    }));
        } catch (SdkException e) {
            throw errors.translate("list", null, e);
        }
    }

    /// Which requests give all keys with a prefix that follow `after`, in order.
    private List<Part> parts(String prefix, String after) {
        int slash = after.lastIndexOf('/');
        if (!byFolders || slash < prefix.length() || !after.startsWith(prefix)) {
            return List.of(new Part(prefix, after, false));
        }
        List<Part> parts = new ArrayList<>();
        parts.add(new Part(after.substring(0, slash + 1), after, false));
        while (slash >= prefix.length()) {
            // The first key behind a folder; start-after leaves it out.
            String behind = after.substring(0, slash) + (char) ('/' + 1);
            slash = after.lastIndexOf('/', slash - 1);
            parts.add(new Part(behind, "", true));
            String above = slash < prefix.length() ? prefix : after.substring(0, slash + 1);
            parts.add(new Part(above, behind, false));
        }
        return parts;
    }

    /// One request.
    ///
    /// @param after exclusive; empty for the beginning
    /// @param exactly only the key that is the prefix is wanted
    private record Part(String prefix, String after, boolean exactly) {}

    /// The page to be filled. Owner: one listing.
    private static final class Page {
        private final List<ObjectInfo> found = new ArrayList<>();
        private final String startAfter;
        private final int maxKeys;
        private String last;

        Page(String startAfter, int maxKeys) {
            this.startAfter = startAfter;
            this.maxKeys = maxKeys;
            this.last = startAfter;
        }

        boolean isFull() {
            return found.size() >= maxKeys;
        }

        int room() {
            return Math.min(ObjectKeys.LIST_KEYS_MAX, maxKeys - found.size() + SPARE);
        }

        void add(S3Object object) throws ObjectStoreException {
            String key = object.key();
            // Some stores begin at start-after itself, or at the beginning.
            if (key.compareTo(startAfter) <= 0) {
                return;
            }
            if (key.compareTo(last) <= 0) {
                throw new ObjectStoreException.Denied(
                        "the store lists keys in another order than that of their bytes: key="
                                + key
                                + ", after="
                                + last,
                        null);
            }
            last = key;
            if (ObjectKeys.isKey(key) && !isFull()) {
                found.add(
                        new ObjectInfo(
                                key,
                                object.size(),
                                // More than the header of an answer to head could say.
                                object.lastModified().truncatedTo(ChronoUnit.SECONDS)));
            }
        }
    }
}
