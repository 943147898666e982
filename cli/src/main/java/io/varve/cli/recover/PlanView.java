// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.recovery.Finding;
import io.varve.recovery.GroupPlan;
import io.varve.recovery.PartitionPlan;
import io.varve.recovery.RecoveryPlan;
import io.varve.recovery.TopicPlan;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A plan as it is printed.
///
/// @param restoredFrom generation in the bucket
/// @param generation that a run makes
/// @param prepared a run has nothing to do: its result is there already and no broker has opened it
/// @param restoredUntil, lastSignOfLife ISO-8601 UTC, null when nothing says
/// @param lost what is not as it was; empty: all comes back
/// @param lowered group offsets that lie behind a restored end
/// @param recommendedOffsetGap what to give as --offset-gap because groups were ahead; 0: none were
/// @param notes findings that lose nothing
record PlanView(
        String bucket,
        String clusterId,
        int restoredFrom,
        int generation,
        boolean prepared,
        @Nullable String restoredUntil,
        @Nullable String lastSignOfLife,
        List<Topic> topics,
        List<Group> groups,
        List<Found> lost,
        List<Lowered> lowered,
        long recommendedOffsetGap,
        List<Found> notes,
        Cost cost) {

    /// @param adopted found in a shard, no metadata names it
    record Topic(
            String topic,
            String topicId,
            boolean adopted,
            SortedMap<String, String> configs,
            List<Partition> partitions) {
        static Topic of(TopicPlan plan) {
            return new Topic(
                    plan.name(),
                    plan.id().toString(),
                    plan.adopted(),
                    plan.configs(),
                    plan.partitions().stream().map(Partition::of).toList());
        }
    }

    /// @param origin why it is restored: named, adopted, fresh, rebuilt
    /// @param archivedEndOffset end of what segment objects hold
    /// @param journaledBytes what only journals hold
    record Partition(
            int partition,
            String origin,
            long logStartOffset,
            long archivedEndOffset,
            long endOffset,
            long archivedBytes,
            long journaledBytes,
            int producers,
            long openTransactions) {
        static Partition of(PartitionPlan plan) {
            return new Partition(
                    plan.id().partition(),
                    plan.origin().name().toLowerCase(Locale.ROOT),
                    plan.logStart(),
                    plan.archivedEnd(),
                    plan.endOffset(),
                    plan.archivedBytes(),
                    plan.journaledBytes(),
                    plan.producers(),
                    plan.openTransactions());
        }
    }

    record Group(String group, List<Offset> offsets) {
        static Group of(GroupPlan plan) {
            return new Group(
                    plan.group(),
                    plan.offsets().stream()
                            .map(offset ->
                                    new Offset(
                                            offset.topicName(),
                                            offset.partition(),
                                            offset.offset(),
                                            offset.committedOffset()))
                            .toList());
        }
    }

    /// @param offset as it will be read
    /// @param committedOffset as it was committed
    record Offset(String topic, int partition, long offset, long committedOffset) {}

    /// @param fromOffset as committed
    /// @param toOffset as restored
    record Lowered(String group, String topic, int partition, long fromOffset, long toOffset) {
        static Lowered of(io.varve.manifest.generation.Cut.LoweredOffset offset) {
            return new Lowered(
                    offset.group(),
                    offset.topicName(),
                    offset.partition(),
                    offset.from(),
                    offset.to());
        }
    }

    /// Something in the bucket that is not as it should be; kinds and severities as in an audit.
    ///
    /// @param remedy what to do
    record Found(
            String kind,
            String severity,
            String key,
            @Nullable String topic,
            @Nullable Integer partition,
            @Nullable Long baseOffset,
            @Nullable Long endOffset,
            String message,
            String remedy) {
        static Found of(Finding finding) {
            return new Found(
                    finding.kind().label(),
                    finding.severity().label(),
                    finding.key(),
                    finding.topic(),
                    finding.partition(),
                    finding.baseOffset(),
                    finding.endOffset(),
                    finding.message(),
                    finding.kind().remedy());
        }

        static List<Found> all(Stream<Finding> findings) {
            return findings.map(Found::of).toList();
        }
    }

    /// @param requests, bytesRead of the plan
    /// @param runPuts objects that a run puts
    record Cost(long requests, long bytesRead, long runPuts) {}

    static PlanView of(String bucket, RecoveryPlan plan) {
        return new PlanView(
                bucket,
                plan.clusterId(),
                plan.source(),
                plan.prepared() ? plan.source() : plan.target(),
                plan.prepared(),
                plan.restoredUntil().map(Instant::toString).orElse(null),
                plan.lastSignOfLife().map(Instant::toString).orElse(null),
                plan.topics().stream().map(Topic::of).toList(),
                plan.groups().stream().map(Group::of).toList(),
                Found.all(plan.lost().stream()),
                plan.lowered().stream().map(Lowered::of).toList(),
                plan.recommendedOffsetGap(),
                Found.all(plan.findings().stream().filter(finding -> !finding.isLoss())),
                new Cost(plan.cost().requests(), plan.cost().bytesRead(), plan.cost().runPuts()));
    }
}
