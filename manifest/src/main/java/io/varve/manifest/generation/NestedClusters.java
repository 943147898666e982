// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.generation;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.objectstore.ByteRange;
import io.varve.objectstore.EnclosingObject;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectSlice;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Finds clusters whose prefix lies around or inside this one's: two clusters share no prefix.
/// Their audits, their owners' lifecycle rules and a delete of the outer prefix would take one's
/// objects for the other's.
///
/// Around: one small read for each part of the prefix. Inside: at most [#REQUESTS_MAX] requests;
/// folders that are too large to be listed are skipped over and looked into afterwards, the
/// outermost first. A bucket so wide that this does not reach the end may hide a cluster.
/// Stateless.
public final class NestedClusters {
    /// Most requests for what lies inside.
    static final int REQUESTS_MAX = 64;

    private static final int PAGE_KEYS = 1_000;
    private static final String UNREADABLE = "unreadable";

    /// What a cluster's own objects lie in.
    private static final Set<String> OWN_FOLDERS =
            Set.of(
                    BucketKeys.CLAIMS_PREFIX,
                    BucketKeys.SHARDS_PREFIX,
                    BucketKeys.TOPICS_PREFIX,
                    BucketKeys.RESTORE_POINTS_PREFIX,
                    BucketKeys.HOLDS_PREFIX,
                    BucketKeys.TRASH_PREFIX,
                    BucketKeys.AUDITS_PREFIX,
                    "probe/");

    private final ObjectStore store;
    private int requests;

    private NestedClusters(ObjectStore store) {
        this.store = store;
    }

    /// Another cluster.
    ///
    /// @param clusterId its id; `unreadable` when its identity is damaged or of a later version
    /// @param place where it lies, as `prefix=team/`
    /// @param around whether its prefix contains this one
    public record Neighbour(String clusterId, String place, boolean around) {
        /// What is wrong and what to do, as the end of a message.
        public String text() {
            return (around
                            ? "the prefix lies inside another cluster's: "
                            : "another cluster's prefix lies inside: ")
                    + place
                    + ", its cluster id="
                    + clusterId
                    + "; give each cluster a prefix of its own, none inside another's";
        }
    }

    /// The first cluster that is found, around before inside.
    public static Optional<Neighbour> find(ObjectStore store) throws ObjectStoreException {
        String name = BucketKeys.varveJson();
        List<EnclosingObject> around = store.enclosing(name);
        if (!around.isEmpty()) {
            EnclosingObject nearest = around.getFirst();
            String id = clusterId(nearest.content(), nearest.place() + name);
            return Optional.of(new Neighbour(id, nearest.place(), true));
        }
        return new NestedClusters(store).inside();
    }

    private Optional<Neighbour> inside() throws ObjectStoreException {
        boolean claimed = small(BucketKeys.varveJson()).isPresent();
        Deque<String> folders = new ArrayDeque<>(List.of(""));
        while (!folders.isEmpty() && requests < REQUESTS_MAX) {
            Optional<Neighbour> found = inFolder(folders.removeFirst(), claimed, folders);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /// Lists a folder, skipping over what is too large for the page it ends.
    ///
    /// @param later gets the folders that were seen in part
    private Optional<Neighbour> inFolder(String folder, boolean claimed, Deque<String> later)
            throws ObjectStoreException {
        String after = "";
        boolean more = true;
        while (more && requests < REQUESTS_MAX) {
            requests++;
            List<ObjectInfo> page = store.list(folder, after, PAGE_KEYS);
            for (ObjectInfo object : page) {
                if (mayBeIdentity(object.key())) {
                    Optional<Neighbour> found = neighbour(object.key());
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
            more = page.size() == PAGE_KEYS;
            if (more) {
                String last = page.getLast().key();
                int slash = last.indexOf('/', folder.length());
                after = slash < 0 ? last : last.substring(0, slash) + (char) ('/' + 1);
                if (slash >= 0
                        && !(claimed && OWN_FOLDERS.contains(last.substring(0, slash + 1)))) {
                    String child = last.substring(0, slash + 1);
                    Optional<Neighbour> found = neighbour(child + BucketKeys.varveJson());
                    if (found.isPresent()) {
                        return found;
                    }
                    later.addLast(child);
                }
            }
        }
        return Optional.empty();
    }

    /// A hold may be called as the identity is.
    private static boolean mayBeIdentity(String key) {
        return key.endsWith("/" + BucketKeys.varveJson())
                && BucketKeys.parse(key) instanceof ObjectName.Unknown;
    }

    private Optional<Neighbour> neighbour(String key) throws ObjectStoreException {
        String folder = key.substring(0, key.length() - BucketKeys.varveJson().length());
        return small(key)
                .map(content ->
                        new Neighbour(clusterId(content, key), "prefix below=" + folder, false));
    }

    private Optional<byte[]> small(String key) throws ObjectStoreException {
        requests++;
        try {
            ObjectSlice slice = store.get(key, ByteRange.span(0, EnclosingObject.BYTES_MAX));
            byte[] content = new byte[slice.bytes().remaining()];
            slice.bytes().get(content);
            return Optional.of(content);
        } catch (ObjectStoreException.NotFound e) {
            return Optional.empty();
        }
    }

    private static String clusterId(byte[] content, String key) {
        try {
            return GenerationCodec.identity(content, key).clusterId();
        } catch (CorruptObjectException | VersionTooNewException e) {
            return UNREADABLE;
        }
    }
}
