// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.generation.Cut.LoweredOffset;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a restore would bring back, what is lost, and what it costs. Immutable.
///
/// @param source generation that is restored
/// @param target generation that a run makes
/// @param prepared `source` is itself a restore that is ready and that no broker opened: a run has
///   nothing to do
/// @param firstEpoch base of all leader epochs of the new generation
/// @param firstProducerId no lower producer id is given out
/// @param topics by name, internal ones included, `__cluster_metadata` not
/// @param shards by number
/// @param deleted partitions of topics that were deleted, which shards still know: the new cluster
///   closes them
/// @param findings everything that is not as it should be
/// @param restoredUntil the store's time of the newest journal: what came later is lost
/// @param lastSignOfLife the store's time of the last sign of life of a broker of `source`
/// @param cost what planning cost, and what a run will
public record RecoveryPlan(
        String clusterId,
        int source,
        int target,
        boolean prepared,
        int firstEpoch,
        long firstProducerId,
        List<TopicPlan> topics,
        List<ShardPlan> shards,
        Optional<PartitionPlan> metadata,
        List<PartitionPlan> deleted,
        List<GroupPlan> groups,
        List<Finding> findings,
        Optional<Instant> restoredUntil,
        Optional<Instant> lastSignOfLife,
        Cost cost) {

    /// Requests and bytes.
    ///
    /// @param requests, bytesRead of this plan
    /// @param runPuts objects that a run puts; it also plans twice
    public record Cost(long requests, long bytesRead, long runPuts) {}

    public RecoveryPlan {
        topics = List.copyOf(topics);
        shards = List.copyOf(shards);
        deleted = List.copyOf(deleted);
        groups = List.copyOf(groups);
        findings = List.copyOf(findings);
    }

    /// Findings that say that something is not restored as it was.
    public List<Finding> lost() {
        return findings.stream().filter(Finding::isLoss).toList();
    }

    /// Topics that no metadata named.
    public List<TopicPlan> adopted() {
        return topics.stream().filter(TopicPlan::adopted).toList();
    }

    /// Group offsets that lie behind a restored end.
    public List<LoweredOffset> lowered() {
        return groups.stream()
                .flatMap(group ->
                        group.offsets().stream()
                                .filter(GroupPlan.CommittedOffset::isLowered)
                                .map(offset ->
                                        new LoweredOffset(
                                                group.group(),
                                                offset.topicName(),
                                                offset.partition(),
                                                offset.committedOffset(),
                                                offset.offset())))
                .toList();
    }

    /// How many offsets to leave unused behind each restored end ([RecoveryOptions#offsetGap]):
    /// groups that were ahead of it, or readers that keep their own offsets, would else take new
    /// records for some they have seen. 0 when no group was ahead.
    public long recommendedOffsetGap() {
        long ahead =
                lowered().stream()
                        .mapToLong(lowered -> lowered.from() - lowered.to())
                        .max()
                        .orElse(0);
        long gap = ahead == 0 ? 0 : 1_000;
        while (gap < 2 * ahead) {
            gap *= 10;
        }
        return gap;
    }

    /// All partitions that have a state, of all kinds.
    public List<PartitionPlan> partitions() {
        List<PartitionPlan> all = new ArrayList<>();
        metadata.ifPresent(all::add);
        topics.forEach(topic -> all.addAll(topic.partitions()));
        all.addAll(deleted);
        return List.copyOf(all);
    }

    /// A partition by its topic's name.
    public Optional<PartitionPlan> partition(String topicName, int partition) {
        return topics.stream()
                .filter(topic -> topic.name().equals(topicName))
                .flatMap(topic -> topic.partitions().stream())
                .filter(plan -> plan.id().partition() == partition)
                .findFirst();
    }

    /// A partition by its id.
    public Optional<PartitionPlan> partition(PartitionId id) {
        return partitions().stream().filter(plan -> plan.id().equals(id)).findFirst();
    }

    /// Producers whose sequences go on, over all partitions.
    public long producers() {
        return partitions().stream().mapToLong(PartitionPlan::producers).sum();
    }
}
