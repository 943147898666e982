// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The making of one new manifest version. What the result must hold, [ManifestInvariants] checks.
/// Owner: the caller's thread.
final class ManifestEditor {
    private final String topicName;
    private final PartitionId id;
    private final List<SegmentEntry> entries;
    private final List<Gap> gaps;
    private final List<DoomedObject> doomed;
    private final List<EpochStart> epochStarts;
    private final Set<String> dropped = new HashSet<>();
    private long logStart;
    private long archivedEnd;

    ManifestEditor(PartitionManifest before) {
        this.topicName = before.topicName();
        this.id = before.id();
        this.entries = new ArrayList<>(before.entries());
        this.gaps = new ArrayList<>(before.gaps());
        this.doomed = new ArrayList<>(before.doomed());
        this.epochStarts = new ArrayList<>(before.epochStarts());
        this.logStart = before.logStart();
        this.archivedEnd = before.archivedEnd();
    }

    void apply(ManifestDelta delta) {
        switch (delta) {
            case ManifestDelta.AddSegment add -> addSegment(add);
            case ManifestDelta.AddGap add -> {
                checkFollows(add.gap().baseOffset(), add.gap().endOffset());
                gaps.add(add.gap());
                archivedEnd = add.gap().endOffset();
            }
            case ManifestDelta.MoveLogStart move -> moveLogStart(move);
            case ManifestDelta.ReplaceSegments replace -> replace(replace);
            case ManifestDelta.Doom doom -> doomed.addAll(doom.objects());
            case ManifestDelta.DropDoomed drop -> {
                doomed.removeIf(object -> drop.keys().contains(object.key()));
                dropped.addAll(drop.keys());
            }
        }
    }

    private void addSegment(ManifestDelta.AddSegment add) {
        checkFollows(add.entry().baseOffset(), add.entry().endOffset());
        entries.add(add.entry());
        archivedEnd = add.entry().endOffset();
        add.epochs().forEach(this::addEpoch);
    }

    /// As Kafka: an epoch of which nothing is left in front of the new one goes.
    private void addEpoch(EpochStart epoch) {
        if (!epochStarts.isEmpty() && epochStarts.getLast().epoch() >= epoch.epoch()) {
            return;
        }
        long start = Math.max(epoch.startOffset(), logStart);
        while (!epochStarts.isEmpty() && epochStarts.getLast().startOffset() >= start) {
            epochStarts.removeLast();
        }
        epochStarts.add(new EpochStart(epoch.epoch(), start));
    }

    /// What is added starts at the archived end; or in front of it, when all in front was deleted
    /// up to within a batch.
    private void checkFollows(long baseOffset, long endOffset) {
        boolean nothingInFront = entries.isEmpty() && gaps.isEmpty();
        if (baseOffset > archivedEnd
                || endOffset <= archivedEnd
                || (!nothingInFront && baseOffset != archivedEnd)) {
            throw new IllegalStateException(
                    "segment does not follow the manifest: partition="
                            + id
                            + ", base="
                            + baseOffset
                            + ", end="
                            + endOffset
                            + ", archivedEnd="
                            + archivedEnd);
        }
    }

    private void moveLogStart(ManifestDelta.MoveLogStart move) {
        if (move.logStart() <= logStart) {
            throw new IllegalStateException(
                    "log start does not move on: partition="
                            + id
                            + ", logStart="
                            + move.logStart()
                            + ", current="
                            + logStart);
        }
        logStart = move.logStart();
        archivedEnd = Math.max(archivedEnd, logStart);
        List<SegmentEntry> below =
                entries.stream().filter(entry -> entry.endOffset() <= logStart).toList();
        entries.removeAll(below);
        below.forEach(entry -> doom(entry, move.reason(), move.deleteAfterMs()));
        gaps.removeIf(gap -> gap.endOffset() <= logStart);
        int epoch = -1;
        while (!epochStarts.isEmpty() && epochStarts.getFirst().startOffset() <= logStart) {
            epoch = epochStarts.removeFirst().epoch();
        }
        if (epoch >= 0) {
            epochStarts.addFirst(new EpochStart(epoch, logStart));
        }
    }

    private void replace(ManifestDelta.ReplaceSegments replace) {
        if (!entries.containsAll(replace.removed())) {
            throw new IllegalStateException(
                    "segments to replace are not there: partition="
                            + id
                            + ", removed="
                            + replace.removed().stream()
                                    .filter(entry -> !entries.contains(entry))
                                    .toList());
        }
        long base = replace.removed().getFirst().baseOffset();
        long end = replace.removed().getLast().endOffset();
        entries.removeAll(replace.removed());
        replace.removed().forEach(entry -> doom(entry, replace.reason(), replace.deleteAfterMs()));
        gaps.removeIf(gap -> gap.baseOffset() >= base && gap.endOffset() <= end);
        entries.addAll(replace.added());
        entries.sort(Comparator.comparingLong(SegmentEntry::baseOffset));
        gaps.addAll(replace.gaps());
        gaps.sort(Comparator.comparingLong(Gap::baseOffset));
    }

    private void doom(SegmentEntry entry, String reason, long deleteAfterMs) {
        doomed.add(
                new DoomedObject(entry.key(topicName, id), entry.bytes(), reason, deleteAfterMs));
    }

    /// Ends the partition at `endOffset`. What lies behind is left to the older generation's own
    /// orphans.
    void clip(long endOffset) {
        entries.removeIf(entry -> entry.baseOffset() >= endOffset);
        gaps.removeIf(gap -> gap.baseOffset() >= endOffset);
        entries.replaceAll(
                entry -> entry.endOffset() > endOffset ? entry.clippedAt(endOffset) : entry);
        gaps.replaceAll(gap ->
                gap.endOffset() > endOffset
                        ? new Gap(gap.baseOffset(), endOffset, gap.reason())
                        : gap);
        epochStarts.removeIf(epoch -> epoch.startOffset() >= endOffset);
        archivedEnd = Math.min(archivedEnd, endOffset);
        logStart = Math.min(logStart, endOffset);
        entries.removeIf(entry -> entry.endOffset() <= logStart);
        gaps.removeIf(gap -> gap.endOffset() <= logStart);
    }

    Set<String> droppedKeys() {
        return dropped;
    }

    PartitionManifest toManifest(
            int generation, long version, ManifestRank rank, PartitionManifest.Previous previous) {
        return new PartitionManifest(
                topicName,
                id,
                generation,
                version,
                rank,
                previous,
                logStart,
                archivedEnd,
                entries,
                gaps,
                doomed,
                epochStarts);
    }
}
