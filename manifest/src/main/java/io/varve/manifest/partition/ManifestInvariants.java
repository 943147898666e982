// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
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

    /// Pages, then entries and gaps, cover everything from (at or below) the log start to the
    /// archived end.
    private static void checkCover(PartitionManifest manifest) {
        long inlineBase = manifest.inlineBase();
        long end = manifest.logStart();
        boolean first = true;
        for (PageRef page : manifest.pages()) {
            boolean adjacent =
                    first
                            ? page.baseOffset() <= end && page.endOffset() > end
                            : page.baseOffset() == end;
            require(
                    adjacent,
                    "page not adjacent at offset " + page.baseOffset() + " (expected " + end + ")",
                    manifest);
            end = page.endOffset();
            first = false;
        }
        Optional<String> problem = manifest.inline().problem();
        require(problem.isEmpty(), problem.orElse(""), manifest);
        boolean inFront =
                !first
                        && (manifest.entries().stream()
                                        .anyMatch(entry -> entry.baseOffset() < inlineBase)
                                || manifest.gaps().stream()
                                        .anyMatch(gap -> gap.baseOffset() < inlineBase));
        require(!inFront, "first row overlaps the last page", manifest);
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
        for (DoomedPage doomed : manifest.doomedPages()) {
            String key = doomed.page().key(manifest.topicName(), manifest.id());
            require(keys.add(key), "doomed twice: " + key, manifest);
        }
        for (String key : named(manifest)) {
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
    /// @param read pages of the version before whose rows were worked on
    /// @param made pages that the version after is the first to name
    static void check(
            PartitionManifest before,
            PartitionManifest after,
            Set<String> dropped,
            Map<PageRef, ManifestPage> read,
            Map<PageRef, ManifestPage> made) {
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
        checkNothingForgotten(before, after, dropped, read, made);
    }

    /// Whatever was named is named or doomed, in the document or in a page that was made.
    private static void checkNothingForgotten(
            PartitionManifest before,
            PartitionManifest after,
            Set<String> dropped,
            Map<PageRef, ManifestPage> read,
            Map<PageRef, ManifestPage> made) {
        Set<String> known = named(after);
        after.doomed().forEach(object -> known.add(object.key()));
        after.doomedPages()
                .forEach(doomed -> known.add(doomed.page().key(after.topicName(), after.id())));
        made.values()
                .forEach(page -> {
                    String key = page.key();
                    require(known.contains(key), "page made and not named: " + key, after);
                    page.rows().entries().forEach(entry -> known.add(key(after, entry)));
                });
        Set<String> needed = named(before);
        // rows of a page that was read count one by one, unless the page stays as it is
        read.forEach((ref, page) -> {
            boolean stays =
                    after.pages().contains(ref)
                            || after.doomedPages().stream()
                                    .anyMatch(doomed -> doomed.page().equals(ref));
            if (!stays) {
                page.rows().entries().forEach(entry -> needed.add(key(before, entry)));
            }
        });
        for (String key : needed) {
            require(known.contains(key), "forgotten, not doomed: " + key, after);
        }
        for (DoomedObject object : before.doomed()) {
            require(
                    known.contains(object.key()) || dropped.contains(object.key()),
                    "doomed object forgotten: " + object.key(),
                    after);
        }
        for (DoomedPage doomed : before.doomedPages()) {
            String key = doomed.page().key(before.topicName(), before.id());
            require(
                    known.contains(key) || dropped.contains(key),
                    "doomed page forgotten: " + key,
                    after);
        }
    }

    private static Set<String> named(PartitionManifest manifest) {
        Set<String> keys = new HashSet<>();
        manifest.entries().forEach(entry -> keys.add(key(manifest, entry)));
        manifest.pages().forEach(page -> keys.add(page.key(manifest.topicName(), manifest.id())));
        return keys;
    }

    private static String key(PartitionManifest manifest, SegmentEntry entry) {
        return entry.key(manifest.topicName(), manifest.id());
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
