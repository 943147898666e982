// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.ShardId;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.DeleteResult;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.Collection;
import java.util.HashSet;
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
/// What a restore point or a hold names stays; while one of them cannot be read, everything stays:
/// an object kept too long costs a little, one deleted too early is lost.
final class DeletionGate {
    /// Keys in one request.
    static final int KEYS_MAX = 500;

    private static final Logger LOG = LoggerFactory.getLogger(DeletionGate.class);

    private final ObjectStore store;
    private final ShardId shard;
    private final KeptObjects keptObjects;

    DeletionGate(ObjectStore store, ShardId shard) {
        this.store = store;
        this.shard = shard;
        this.keptObjects = new KeptObjects(store);
    }

    /// What came of a deletion.
    sealed interface Deletion {
        /// @param gone keys that a listing no longer shows; the others are tried again
        /// @param kept keys that a restore point or a hold names: not deleted
        record Done(Set<String> gone, Set<String> kept) implements Deletion {}

        /// It cannot be told what a restore point or a hold names: nothing was deleted.
        record Held(String by) implements Deletion {}

        /// A later generation was claimed: this one deletes nothing any more.
        record Fenced(int generation) implements Deletion {}
    }

    /// @param keys at most [#KEYS_MAX]; nothing in the newest manifest or checkpoint names them
    Deletion delete(Collection<String> keys) throws ObjectStoreException {
        KeptObjects.Kept kept = keptObjects.among(keys);
        if (!kept.unreadable().isEmpty()) {
            return new Deletion.Held(kept.unreadable());
        }
        OptionalInt newest = ClusterFiles.newestGeneration(store);
        if (newest.isPresent() && newest.getAsInt() > shard.generation()) {
            return new Deletion.Fenced(newest.getAsInt());
        }
        Set<String> going = new TreeSet<>(keys);
        going.removeAll(kept.byMarker().keySet());
        kept.byMarker()
                .forEach((key, marker) -> LOG.info("object is kept: key={}, by={}", key, marker));
        if (going.isEmpty()) {
            return new Deletion.Done(Set.of(), kept.byMarker().keySet());
        }
        Map<String, DeleteResult> results = store.delete(going);
        results.forEach((key, result) -> {
            if (result instanceof DeleteResult.Failed failed) {
                LOG.warn("object not deleted, tried again later: key={}", key, failed.error());
            }
        });
        Set<String> gone = new HashSet<>(going);
        gone.removeAll(stillThere(going));
        return new Deletion.Done(gone, kept.byMarker().keySet());
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
            WholeObjects.walk(
                    store,
                    folder.getKey(),
                    after,
                    object -> {
                        if (folder.getValue().contains(object.key())) {
                            there.add(object.key());
                        }
                        return object.key().compareTo(folder.getValue().last()) < 0;
                    });
        }
        return there;
    }
}
