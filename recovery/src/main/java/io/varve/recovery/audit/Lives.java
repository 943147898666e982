// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.partition.Gap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The lives of the cluster whose bucket this is. Immutable.
///
/// @param clusterId null when `varve.json` cannot be read
/// @param current the newest generation that lived or is ready to
/// @param cuts of the generations that lived, as far as they can be read
/// @param cutAtMs when each was put, by the store's clock
/// @param claimed all generations that anything names, oldest first
/// @param livedUntilMs the last sign of life of the current generation by the store's clock; 0 when
///   there is none
/// @param rows those of the cuts, by generation and partition
record Lives(
        @Nullable String clusterId,
        int current,
        SortedMap<Integer, Cut> cuts,
        SortedMap<Integer, Long> cutAtMs,
        List<Integer> claimed,
        long livedUntilMs,
        Map<Integer, Map<PartitionId, Cut.PartitionCut>> rows) {
    Lives {
        cuts = new TreeMap<>(cuts);
        cutAtMs = new TreeMap<>(cutAtMs);
        claimed = List.copyOf(claimed);
    }

    static Lives of(
            @Nullable String clusterId,
            int current,
            SortedMap<Integer, Cut> cuts,
            SortedMap<Integer, Long> cutAtMs,
            List<Integer> claimed,
            long livedUntilMs) {
        Map<Integer, Map<PartitionId, Cut.PartitionCut>> rows = new HashMap<>();
        cuts.forEach((generation, cut) -> {
            Map<PartitionId, Cut.PartitionCut> byId = new HashMap<>();
            cut.partitions().forEach(row -> byId.put(row.id(), row));
            rows.put(generation, byId);
        });
        return new Lives(clusterId, current, cuts, cutAtMs, claimed, livedUntilMs, rows);
    }

    Optional<Cut> cut(int generation) {
        return Optional.ofNullable(cuts.get(generation));
    }

    /// What the cut of a generation says of a partition.
    Optional<Cut.PartitionCut> row(int generation, PartitionId id) {
        return Optional.ofNullable(rows.getOrDefault(generation, Map.of()).get(id));
    }

    /// The generation that went on from this one.
    Optional<Integer> after(int generation) {
        return cuts.tailMap(generation + 1).keySet().stream().findFirst();
    }

    /// The shard of the current generation that carries this one on, if any does.
    Optional<ShardId> carriedOnBy(ShardId shard) {
        ShardId newest = shard;
        while (newest.generation() < current) {
            int generation = newest.generation();
            int number = newest.shard();
            Optional<ShardId> to =
                    after(generation)
                            .flatMap(this::cut)
                            .flatMap(cut ->
                                    cut.shards().stream()
                                            .filter(row ->
                                                    row.from().generation() == generation
                                                            && row.from().shard() == number)
                                            .map(Cut.ShardCut::to)
                                            .findFirst());
            if (to.isEmpty()) {
                return Optional.empty();
            }
            newest = to.get();
        }
        return Optional.of(newest);
    }

    /// Offsets that restores left unused in a partition, sorted.
    List<Gap> leftOut(PartitionId id) {
        List<Gap> gaps = new ArrayList<>();
        for (int generation : cuts.keySet()) {
            row(generation, id)
                    .filter(row -> row.offsetGap() > 0)
                    .ifPresent(row ->
                            gaps.add(
                                    new Gap(
                                            row.endOffset(),
                                            row.endOffset() + row.offsetGap(),
                                            Gap.Reason.LOST)));
        }
        return gaps;
    }
}
