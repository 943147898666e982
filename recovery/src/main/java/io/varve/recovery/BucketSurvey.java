// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.ShardId;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the names in the bucket say about the generation to restore: its shards with their
/// checkpoints and journals. Immutable.
///
/// @param shards the newest incarnation of every shard, by number
/// @param findings names that are nobody's
record BucketSurvey(Lineage lineage, List<ShardSurvey> shards, List<Finding> findings) {
    BucketSurvey {
        shards = List.copyOf(shards);
        findings = List.copyOf(findings);
    }

    /// One shard by names alone.
    ///
    /// @param checkpoints by index
    /// @param journals by first index, END included
    record ShardSurvey(ShardId shard, List<ObjectInfo> checkpoints, List<ObjectInfo> journals) {
        ShardSurvey {
            checkpoints = List.copyOf(checkpoints);
            journals = List.copyOf(journals);
        }
    }

    static BucketSurvey read(ObjectStore store) throws ObjectStoreException, RecoveryException {
        return read(store, Lineage.read(store));
    }

    static BucketSurvey read(ObjectStore store, Lineage lineage) throws ObjectStoreException {
        TreeMap<ShardId, Objects> objects = new TreeMap<>();
        for (Cut.ShardCut cut : lineage.sourceCut().map(Cut::shards).orElse(List.of())) {
            objects.computeIfAbsent(cut.to(), shard -> new Objects());
        }
        List<Finding> findings = new ArrayList<>();
        String prefix = BucketKeys.shardsPrefix(lineage.source());
        for (ObjectInfo object : WholeObjects.list(store, prefix)) {
            switch (BucketKeys.parse(object.key())) {
                case ObjectName.Checkpoint name ->
                        of(objects, name.shard()).checkpoints.add(object);
                case ObjectName.Journal name -> of(objects, name.shard()).journals.add(object);
                case ObjectName.RollUp name -> of(objects, name.shard());
                default ->
                        findings.add(
                                Finding.of(
                                        Kind.FOREIGN_OBJECT,
                                        Severity.INFO,
                                        object.key(),
                                        "object of nobody's: key=" + object.key()));
            }
        }
        return new BucketSurvey(lineage, newest(lineage, objects), findings);
    }

    private static Objects of(Map<ShardId, Objects> objects, ShardId shard) {
        return objects.computeIfAbsent(shard, id -> new Objects());
    }

    /// The incarnation that counts: the one that the cut names; what an interrupted restore left
    /// beside it was never opened. Of shards that came later, the newest.
    private static List<ShardSurvey> newest(Lineage lineage, TreeMap<ShardId, Objects> objects) {
        TreeMap<Integer, ShardId> chosen = new TreeMap<>();
        objects.keySet().forEach(shard -> chosen.put(shard.shard(), shard));
        lineage.sourceCut()
                .ifPresent(
                        cut -> cut.shards().forEach(row -> chosen.put(row.to().shard(), row.to())));
        return chosen.values().stream()
                .map(shard -> {
                    Objects own = of(objects, shard);
                    return new ShardSurvey(shard, own.checkpoints, own.journals);
                })
                .toList();
    }

    private static final class Objects {
        private final List<ObjectInfo> checkpoints = new ArrayList<>();
        private final List<ObjectInfo> journals = new ArrayList<>();
    }
}
