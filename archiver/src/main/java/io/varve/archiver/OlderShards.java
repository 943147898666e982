// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Journals, END objects, roll-ups and checkpoints of the shards that this one carries on, and of
/// its own incarnations that an interrupted restore left behind: what the newest checkpoint does
/// not name nobody needs any more. The cuts tell which shard carries on which. Stateless.
final class OlderShards {
    /// Most objects of one search: their rows are in a checkpoint until they are gone.
    static final int FOUND_MAX = 500;

    private OlderShards() {}

    /// @param kept keys of what is needed or doomed already
    static List<DoomedObject> find(
            ObjectStore store, ShardId shard, Set<String> kept, long deleteAfterMs)
            throws ObjectStoreException {
        List<DoomedObject> found = new ArrayList<>();
        for (ShardId older : carriedOnBy(store, shard)) {
            if (found.size() == FOUND_MAX) {
                break;
            }
            WholeObjects.walk(
                    store,
                    BucketKeys.shardPrefix(older),
                    "",
                    object -> {
                        if (isOurs(object.key()) && !kept.contains(object.key())) {
                            found.add(
                                    new DoomedObject(
                                            object.key(),
                                            object.bytes(),
                                            "of an older generation, not needed",
                                            deleteAfterMs));
                        }
                        return found.size() < FOUND_MAX;
                    });
        }
        return found;
    }

    private static boolean isOurs(String key) {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Journal name -> true;
            case ObjectName.RollUp name -> true;
            case ObjectName.Checkpoint name -> true;
            default -> false;
        };
    }

    /// Lower incarnations of the shard, then the one that its generation's cut says it carries on,
    /// and so forth.
    private static List<ShardId> carriedOnBy(ObjectStore store, ShardId shard)
            throws ObjectStoreException {
        List<ShardId> older = new ArrayList<>();
        ShardId newer = shard;
        while (true) {
            for (int incarnation = 0; incarnation < newer.incarnation(); incarnation++) {
                older.add(new ShardId(newer.generation(), newer.shard(), incarnation));
            }
            int number = newer.shard();
            Optional<ShardId> from =
                    newer.generation() == 1
                            ? Optional.empty()
                            : ClusterFiles.cut(store, newer.generation())
                                    .map(Cut::shards)
                                    .orElse(List.of())
                                    .stream()
                                    .filter(row -> row.to().shard() == number)
                                    .map(Cut.ShardCut::from)
                                    .findFirst();
            if (from.isEmpty()) {
                return older;
            }
            newer = from.get();
            older.add(newer);
        }
    }
}
