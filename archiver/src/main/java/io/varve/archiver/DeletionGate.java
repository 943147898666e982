// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.ShardId;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.key.BucketKeys;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The only way by which the archiver deletes objects. Directly before, it reads who else might
/// name them; afterwards it lists what is really gone. Owner: the collector.
///
/// Restore points and holds name objects in ways that are theirs; while there is any, nothing is
/// deleted: an object kept too long costs a little, one deleted too early is lost.
final class DeletionGate {
    /// Keys in one request.
    static final int KEYS_MAX = 500;

    private static final Logger LOG = LoggerFactory.getLogger(DeletionGate.class);
    private static final int PAGE_KEYS = 1_000;

    private final ObjectStore store;
    private final ShardId shard;

    DeletionGate(ObjectStore store, ShardId shard) {
        this.store = store;
        this.shard = shard;
    }

    /// What came of a deletion.
    sealed interface Deletion {
        /// @param gone keys that a listing no longer shows; the others are tried again
        record Done(Set<String> gone) implements Deletion {}

        /// Somebody may name old objects: nothing was deleted.
        record Held(String by) implements Deletion {}

        /// A later generation was claimed: this one deletes nothing any more.
        record Fenced(int generation) implements Deletion {}
    }

    /// @param keys at most [#KEYS_MAX]; nothing in the newest manifest or checkpoint names them
    Deletion delete(Collection<String> keys) throws ObjectStoreException {
        for (String prefix : List.of(BucketKeys.HOLDS_PREFIX, BucketKeys.RESTORE_POINTS_PREFIX)) {
            List<ObjectInfo> markers = store.list(prefix, "", 1);
            if (!markers.isEmpty()) {
                return new Deletion.Held(markers.getFirst().key());
            }
        }
        OptionalInt newest = ClusterFiles.newestGeneration(store);
        if (newest.isPresent() && newest.getAsInt() > shard.generation()) {
            return new Deletion.Fenced(newest.getAsInt());
        }
        Map<String, DeleteResult> results = store.delete(keys);
        results.forEach((key, result) -> {
            if (result instanceof DeleteResult.Failed failed) {
                LOG.warn("object not deleted, tried again later: key={}", key, failed.error());
            }
        });
        Set<String> gone = new HashSet<>(keys);
        gone.removeAll(stillThere(keys));
        return new Deletion.Done(gone);
    }

    /// By listing each folder between the first and the last key.
    private Set<String> stillThere(Collection<String> keys) throws ObjectStoreException {
        Map<String, TreeSet<String>> folders = new TreeMap<>();
        keys.forEach(key ->
                folders.computeIfAbsent(
                                key.substring(0, key.lastIndexOf('/') + 1), f -> new TreeSet<>())
                        .add(key));
        Set<String> there = new HashSet<>();
        for (Map.Entry<String, TreeSet<String>> folder : folders.entrySet()) {
            String first = folder.getValue().first();
            String after =
                    first.substring(
                            0, first.length() - 1); // sorts directly in front of it, or further
            List<ObjectInfo> page;
            do {
                page = store.list(folder.getKey(), after, PAGE_KEYS);
                for (ObjectInfo object : page) {
                    after = object.key();
                    if (folder.getValue().contains(object.key())) {
                        there.add(object.key());
                    }
                }
            } while (page.size() == PAGE_KEYS && after.compareTo(folder.getValue().last()) < 0);
        }
        return there;
    }
}
