// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.PartitionId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/// Which partition's segment is written next: one that was asked for, or one where enough bytes
/// wait, or whose oldest record waited long enough. Owner: the segmenter; [#ask] is thread-safe.
final class SegmentChoice {
    private final ArchiveContext context;
    private final ArchivePolicies policies;
    private final ShardShadow shadow;
    private final Map<PartitionId, Long> asked = new ConcurrentHashMap<>();
    private final Map<PartitionId, Long> leftAloneUntilMs = new HashMap<>();

    /// @param endOffset the segment ends at or below it: journaled, and no transaction is open in
    ///   front
    record Due(HotPartition hot, long startOffset, long endOffset, long bytesMax) {}

    SegmentChoice(ArchiveContext context, ArchivePolicies policies, ShardShadow shadow) {
        this.context = context;
        this.policies = policies;
        this.shadow = shadow;
    }

    /// Archive what is there below an offset, whatever size and age say.
    void ask(PartitionId partition, long untilOffset) {
        asked.merge(partition, untilOffset, Math::max);
    }

    void leaveAlone(PartitionId partition) {
        leftAloneUntilMs.put(
                partition, context.clock().millis() + context.settings().segments().retryMs());
    }

    /// The partition with the most waiting bytes among those that are due; those that were asked
    /// for come first.
    Optional<Due> next(List<HotPartition> partitions) {
        long now = context.clock().millis();
        leftAloneUntilMs.values().removeIf(until -> until <= now);
        Comparator<HotPartition> order =
                Comparator.comparing((HotPartition hot) -> !asked.containsKey(hot.id()))
                        .thenComparing(
                                Comparator.comparingLong(HotPartition::unarchivedBytes).reversed())
                        .thenComparing(HotPartition::id);
        return partitions.stream().sorted(order).flatMap(hot -> due(hot, now).stream()).findFirst();
    }

    private Optional<Due> due(HotPartition hot, long now) {
        OptionalLong stable = shadow.journaledStableEnd(hot.id());
        long start = Math.max(hot.archivedEnd(), hot.logStart());
        long end = Math.min(stable.orElse(0), hot.lastStableOffset());
        Long until = asked.get(hot.id());
        if (until != null && (start >= until || end <= start)) {
            asked.remove(hot.id(), until); // done, or an open transaction is in the way
        }
        if (end <= start || leftAloneUntilMs.containsKey(hot.id())) {
            return Optional.empty();
        }
        Policy policy = policies.of(hot.id());
        long bytesMax = Math.min(policy.segmentBytes(), context.settings().segments().bytesMax());
        boolean wanted =
                asked.containsKey(hot.id())
                        || (!policy.paused()
                                && (waitingBytes(hot, start, end) >= bytesMax
                                        || isOld(hot, policy, now)));
        return wanted ? Optional.of(new Due(hot, start, end, bytesMax)) : Optional.empty();
    }

    private static long waitingBytes(HotPartition hot, long start, long end) {
        long offsets = hot.highWatermark() - start;
        return offsets <= 0
                ? 0
                : (long) (hot.unarchivedBytes() * ((double) (end - start) / offsets));
    }

    /// A short retention asks for segments as often: only whole segments are deleted.
    private static boolean isOld(HotPartition hot, Policy policy, long now) {
        long ageMs =
                policy.deletes() && policy.retentionMs().isPresent()
                        ? Math.min(policy.segmentAgeMs(), policy.retentionMs().getAsLong())
                        : policy.segmentAgeMs();
        return hot.oldestUnarchivedMs().isPresent()
                && now - hot.oldestUnarchivedMs().getAsLong() >= ageMs;
    }
}
