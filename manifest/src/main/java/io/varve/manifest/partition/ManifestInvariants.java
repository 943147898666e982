// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What holds for every manifest version and every step from one to the next. The one place that
/// knows; runs before a version is written and after one is read. Throws [IllegalStateException]
/// naming the fact.
final class ManifestInvariants {
    private ManifestInvariants() {}

    /// What holds for one version alone.
    static void check(PartitionManifest manifest) {
        require(manifest.generation() >= 1 && manifest.version() >= 1, "bad version", manifest);
        require(
                manifest.rank().generation() == manifest.generation(),
                "rank of another generation",
                manifest);
        require(
                0 <= manifest.logStart() && manifest.logStart() <= manifest.archivedEnd(),
                "ends out of order",
                manifest);
        checkCover(manifest);
        checkEpochs(manifest);
        checkDoomed(manifest);
        checkPrevious(manifest, manifest.previous());
    }

    /// Entries and gaps, merged by offset, cover everything from (at or below) the log start to the
    /// archived end.
    private static void checkCover(PartitionManifest manifest) {
        Iterator<SegmentEntry> entries = manifest.entries().iterator();
        Iterator<Gap> gaps = manifest.gaps().iterator();
        SegmentEntry entry = entries.hasNext() ? entries.next() : null;
        Gap gap = gaps.hasNext() ? gaps.next() : null;
        long end = manifest.logStart();
        boolean first = true;
        while (entry != null || gap != null) {
            boolean takeEntry =
                    gap == null || (entry != null && entry.baseOffset() < gap.baseOffset());
            long base;
            long pieceEnd;
            if (takeEntry && entry != null) {
                base = entry.baseOffset();
                pieceEnd = entry.endOffset();
                entry = entries.hasNext() ? entries.next() : null;
            } else if (gap != null) {
                base = gap.baseOffset();
                pieceEnd = gap.endOffset();
                gap = gaps.hasNext() ? gaps.next() : null;
            } else {
                throw new IllegalStateException("unreachable: neither entry nor gap");
            }
            boolean adjacent = first ? base <= end && pieceEnd > end : base == end;
            require(
                    adjacent,
                    "not adjacent at offset " + base + " (expected " + end + ")",
                    manifest);
            end = pieceEnd;
            first = false;
        }
        require(end == manifest.archivedEnd(), "covered up to " + end + " only", manifest);
    }

    private static void checkEpochs(PartitionManifest manifest) {
        EpochStart last = null;
        for (EpochStart epoch : manifest.epochStarts()) {
            require(
                    last == null
                            || (epoch.epoch() > last.epoch()
                                    && epoch.startOffset() > last.startOffset()),
                    "epochs do not ascend at " + epoch,
                    manifest);
            last = epoch;
        }
    }

    private static void checkDoomed(PartitionManifest manifest) {
        Set<String> keys = new HashSet<>();
        for (DoomedObject object : manifest.doomed()) {
            require(keys.add(object.key()), "doomed twice: " + object.key(), manifest);
        }
        for (SegmentEntry entry : manifest.entries()) {
            String key = entry.key(manifest.topicName(), manifest.id());
            require(!keys.contains(key), "named and doomed: " + key, manifest);
        }
    }

    private static void checkPrevious(
            PartitionManifest manifest, PartitionManifest.@Nullable Previous previous) {
        if (previous == null) {
            require(manifest.version() == 1, "no previous version", manifest);
            return;
        }
        boolean follows =
                manifest.version() == 1
                        ? previous.generation() < manifest.generation()
                        : previous.generation() == manifest.generation()
                                && previous.version() == manifest.version() - 1;
        require(follows, "previous is " + previous, manifest);
    }

    /// What holds for a step inside a generation.
    ///
    /// @param dropped doomed objects that are gone
    static void check(PartitionManifest before, PartitionManifest after, Set<String> dropped) {
        check(after);
        require(
                after.id().equals(before.id()) && after.topicName().equals(before.topicName()),
                "another partition than " + before.id(),
                after);
        require(
                after.generation() == before.generation()
                        && after.version() == before.version() + 1,
                "does not follow " + before.ref(),
                after);
        require(
                after.rank().compareTo(before.rank()) >= 0,
                "rank went back from " + before.rank(),
                after);
        require(
                after.logStart() >= before.logStart()
                        && after.archivedEnd() >= before.archivedEnd(),
                "ends went back from " + before.logStart() + ", " + before.archivedEnd(),
                after);
        PartitionManifest.Previous previous = after.previous();
        require(
                previous != null && previous.crc() == ManifestCodec.crc(before),
                "does not name the version before",
                after);
        checkNothingForgotten(before, after, dropped);
    }

    private static void checkNothingForgotten(
            PartitionManifest before, PartitionManifest after, Set<String> dropped) {
        Set<String> known = new HashSet<>();
        after.doomed().forEach(object -> known.add(object.key()));
        Set<String> named = keys(after.topicName(), after, after.entries());
        for (String key : keys(before.topicName(), before, before.entries())) {
            require(
                    named.contains(key) || known.contains(key),
                    "forgotten, not doomed: " + key,
                    after);
        }
        for (DoomedObject object : before.doomed()) {
            require(
                    known.contains(object.key()) || dropped.contains(object.key()),
                    "doomed object forgotten: " + object.key(),
                    after);
        }
    }

    private static Set<String> keys(
            String topicName, PartitionManifest manifest, List<SegmentEntry> entries) {
        Set<String> keys = new HashSet<>();
        entries.forEach(entry -> keys.add(entry.key(topicName, manifest.id())));
        return keys;
    }

    private static void require(boolean holds, String fact, PartitionManifest manifest) {
        if (!holds) {
            throw new IllegalStateException(
                    "manifest invariant broken: "
                            + fact
                            + ", partition="
                            + manifest.id()
                            + ", generation="
                            + manifest.generation()
                            + ", version="
                            + manifest.version()
                            + ", logStart="
                            + manifest.logStart()
                            + ", archivedEnd="
                            + manifest.archivedEnd());
        }
    }
}
