// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which life of the cluster holds the newest state, and which one a restore makes. Immutable.
///
/// A generation counts as lived when it is the first, or when its cut is there and was not
/// withdrawn. Claims above the newest such generation are unfinished restores: the newest one is
/// gone on with, a withdrawn one is passed over. One that brokers lived in and whose cut is gone is
/// refused: starting over from the generation before would lose all that came since.
///
/// @param source the generation to restore from
/// @param sourceCut where that one started; empty for the first
/// @param leftOut by partition: offsets behind a restored end that this and earlier restores left
///   unused, sorted
/// @param opened whether anything says that brokers lived in it
/// @param target the generation that a restore makes
/// @param unfinished the claim of `target` by an earlier run, which this one goes on with
record Lineage(
        ClusterIdentity identity,
        List<Integer> generations,
        int source,
        Optional<Cut> sourceCut,
        Map<PartitionId, List<Gap>> leftOut,
        boolean opened,
        int target,
        Optional<GenerationClaim> unfinished) {
    Lineage {
        generations = List.copyOf(generations);
        leftOut = Map.copyOf(leftOut);
    }

    private static Map<PartitionId, List<Gap>> leftOut(
            ObjectStore store, List<Integer> generations, int source) throws ObjectStoreException {
        Map<PartitionId, List<Gap>> gaps = new HashMap<>();
        for (int generation : generations) {
            if (generation == 1 || generation > source) {
                continue;
            }
            List<Cut.PartitionCut> partitions =
                    ClusterFiles.cut(store, generation).map(Cut::partitions).orElse(List.of());
            for (Cut.PartitionCut cut : partitions) {
                if (cut.offsetGap() > 0) {
                    gaps.computeIfAbsent(cut.id(), id -> new ArrayList<>())
                            .add(
                                    new Gap(
                                            cut.endOffset(),
                                            cut.endOffset() + cut.offsetGap(),
                                            Gap.Reason.LOST));
                }
            }
        }
        return gaps;
    }

    /// @throws RecoveryException the bucket holds no cluster
    static Lineage read(ObjectStore store) throws ObjectStoreException, RecoveryException {
        ClusterIdentity identity =
                ClusterFiles.identity(store)
                        .orElseThrow(() ->
                                new RecoveryException(
                                        "bucket holds no cluster: bucket="
                                                + store.url()
                                                + ", missing=varve.json; check the URL and its"
                                                + " prefix"));
        List<Integer> generations = ClusterFiles.generations(store);
        if (generations.isEmpty()) {
            throw new RecoveryException(
                    "cluster was never founded: bucket="
                            + store.url()
                            + ", missing=generations/00000001.json");
        }
        int source = 0;
        Optional<Cut> sourceCut = Optional.empty();
        Optional<GenerationClaim> unfinished = Optional.empty();
        for (int generation : generations.reversed()) {
            Optional<Cut> cut = ClusterFiles.cut(store, generation);
            if (generation == 1 || (cut.isPresent() && cut.get().withdrawn() == null)) {
                source = generation;
                sourceCut = cut;
                break;
            }
            if (cut.isEmpty() && isOpened(store, generation)) {
                throw new RecoveryException(
                        "cut of a generation that was opened is gone: key="
                                + BucketKeys.cut(generation)
                                + "; bring it back from the store's own versions or a backup");
            }
            if (cut.isEmpty() && unfinished.isEmpty() && generation == generations.getLast()) {
                unfinished = ClusterFiles.claim(store, generation);
            }
        }
        if (source == 0) {
            throw new RecoveryException(
                    "no generation to restore from: bucket="
                            + store.url()
                            + ", generations="
                            + generations);
        }
        int target =
                unfinished.isPresent() ? unfinished.get().generation() : generations.getLast() + 1;
        return new Lineage(
                identity,
                generations,
                source,
                sourceCut,
                leftOut(store, generations, source),
                isOpened(store, source),
                target,
                unfinished);
    }

    /// As it was when `cut` was made: to say again what that restore brought.
    static Lineage before(ObjectStore store, Cut cut)
            throws ObjectStoreException, RecoveryException {
        Lineage now = read(store);
        int source = cut.fromGeneration();
        return new Lineage(
                now.identity,
                now.generations,
                source,
                ClusterFiles.cut(store, source),
                leftOut(store, now.generations, source),
                isOpened(store, source),
                cut.generation(),
                ClusterFiles.claim(store, cut.generation()));
    }

    /// Whether `source` is a restore that is ready and that no broker opened: a run has nothing
    /// left to do.
    boolean isPrepared() {
        return sourceCut.isPresent() && !opened && unfinished.isEmpty();
    }

    /// By names alone, so that no damage hides it: a founder, a sign of life, or a journal.
    private static boolean isOpened(ObjectStore store, int generation) throws ObjectStoreException {
        return store.head(BucketKeys.founder(generation)).isPresent()
                || !ClusterFiles.aliveOf(store, generation).isEmpty()
                || WholeObjects.list(store, BucketKeys.shardsPrefix(generation)).stream()
                        .anyMatch(object ->
                                BucketKeys.parse(object.key()) instanceof ObjectName.Journal);
    }
}
