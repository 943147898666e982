// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.ManifestChange;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.ManifestPage;
import io.varve.manifest.partition.ManifestRank;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.ManifestStore.CommitResult;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The manifests of one shard's partitions, as this leader knows them: reads them once, commits
/// their next versions. Raft's version may lag behind; then the next commit meets the newer one.
/// Owner: the one thread on which segmenter, retention and collector take turns, so that they never
/// race for a version; but for [#storedBytes].
final class ManifestBook {
    /// Manifests that are kept; others are read again.
    static final int KEPT_MAX = 512;

    /// Versions that stay beside the newest.
    private static final int OLD_VERSIONS_KEPT = 1;

    /// Rows for old versions that wait at once: each stands for all older ones too.
    private static final int OLD_VERSION_ROWS = 8;

    private static final int PAGES_KEPT_MAX = 16;

    private final ArchiveContext context;
    private final ManifestRank rank;
    private final StoreClock storeClock;
    private final LinkedHashMap<PartitionId, PartitionManifest> kept =
            new LinkedHashMap<>(16, 0.75f, true);
    private final Map<PartitionId, Set<String>> gone = new HashMap<>();
    private final Map<PartitionId, Tried> unknown = new HashMap<>();
    private final ConcurrentHashMap<PartitionId, Long> storedBytes = new ConcurrentHashMap<>();
    private final LinkedHashMap<String, ManifestPage> pages = new LinkedHashMap<>(16, 0.75f, true);

    /// @param atMs by our clock
    private record Tried(ManifestChange change, long atMs) {}

    ManifestBook(ArchiveContext context, ShardSource source, StoreClock storeClock) {
        this.context = context;
        this.storeClock = storeClock;
        this.rank =
                new ManifestRank(
                        source.shard().generation(), source.shard().incarnation(), source.term());
    }

    /// The newest version known: from memory, else read. Empty when the partition has none.
    Optional<PartitionManifest> current(HotPartition hot) throws ObjectStoreException {
        PartitionManifest known = kept.get(hot.id());
        if (known != null && !isNewer(hot.manifest(), known.ref())) {
            return Optional.of(known);
        }
        if (!hot.manifest().exists()) {
            return Optional.empty();
        }
        PartitionManifest read = read(hot);
        keep(read);
        return Optional.of(read);
    }

    /// What is known without a request.
    Optional<PartitionManifest> known(PartitionId partition) {
        return Optional.ofNullable(kept.get(partition));
    }

    private PartitionManifest read(HotPartition hot) throws ObjectStoreException {
        try {
            return ManifestStore.read(context.store(), hot.topicName(), hot.id(), hot.manifest());
        } catch (ObjectStoreException.NotFound e) {
            // old versions go after a grace; a version that nobody told Raft about took its place
            return ManifestStore.newest(
                            context.store(), hot.topicName(), hot.id(), rank.generation())
                    .filter(newest -> isNewer(newest.ref(), hot.manifest()))
                    .orElseThrow(() -> e);
        }
    }

    /// The version of this generation that changes build on; commits the generation's first one
    /// when there is none yet.
    PartitionManifest ofThisGeneration(HotPartition hot) throws ObjectStoreException {
        Optional<PartitionManifest> current = current(hot);
        if (current.isPresent() && current.get().generation() == rank.generation()) {
            return current.get();
        }
        ManifestChange first =
                current.isPresent()
                        ? ManifestChange.continued(
                                context.store(),
                                current.get(),
                                rank,
                                hot.archivedEnd(),
                                context.random(),
                                deleteAfterMs())
                        : ManifestChange.of(
                                PartitionManifest.first(
                                        hot.topicName(), hot.id(), rank, hot.archivedEnd()));
        return switch (commit(first)) {
            case CommitResult.Committed ours -> ours.manifest();
            case CommitResult.Superseded theirs -> theirs.theirs();
        };
    }

    /// Commits the next version: these changes, and with them what is due anyway (old versions,
    /// objects that are gone).
    CommitResult commit(PartitionManifest before, List<ManifestDelta> deltas)
            throws ObjectStoreException {
        List<ManifestDelta> all = new ArrayList<>(deltas);
        oldVersion(before).ifPresent(old -> all.add(new ManifestDelta.Doom(List.of(old))));
        Set<String> dropped = goneOf(before.id());
        dropped.retainAll(doomedKeys(before));
        if (!dropped.isEmpty()) {
            all.add(new ManifestDelta.DropDoomed(dropped));
        }
        return commit(
                ManifestChange.next(
                        context.store(), before, rank, all, context.random(), deleteAfterMs()));
    }

    /// The version that is not needed any more. Its row stands for all older ones of its generation
    /// too, so a new one comes only when the last is some time ago.
    private Optional<DoomedObject> oldVersion(PartitionManifest before)
            throws ObjectStoreException {
        long old = before.version() - OLD_VERSIONS_KEPT;
        if (old < 1) {
            return Optional.empty();
        }
        String prefix =
                BucketKeys.manifestPrefix(before.topicName(), before.id(), before.generation());
        long newestMs =
                before.doomed().stream()
                        .filter(object -> object.key().startsWith(prefix))
                        .mapToLong(DoomedObject::deleteAfterMs)
                        .max()
                        .orElse(Long.MIN_VALUE);
        long deleteAfterMs = deleteAfterMs();
        long spacingMs = context.settings().cleaning().graceMs() / OLD_VERSION_ROWS;
        if (newestMs != Long.MIN_VALUE && deleteAfterMs - newestMs < Math.max(1, spacingMs)) {
            return Optional.empty();
        }
        String key = BucketKeys.manifest(before.topicName(), before.id(), before.generation(), old);
        return Optional.of(
                new DoomedObject(key, 0, "old manifest versions up to this", deleteAfterMs));
    }

    /// The rows of a page that this manifest names; from memory, else read.
    ManifestPage page(PartitionManifest manifest, PageRef ref) throws ObjectStoreException {
        String key = ref.key(manifest.topicName(), manifest.id());
        ManifestPage known = pages.get(key);
        if (known == null) {
            known =
                    ManifestStore.readPage(
                            context.store(), manifest.topicName(), manifest.id(), ref);
            pages.put(key, known);
            if (pages.size() > PAGES_KEPT_MAX) {
                pages.remove(pages.keySet().iterator().next());
            }
        }
        return known;
    }

    private CommitResult commit(ManifestChange next) throws ObjectStoreException {
        PartitionId id = next.manifest().id();
        Tried tried = unknown.get(id);
        Optional<PartitionManifest> there = tried == null ? Optional.empty() : outcome(tried);
        unknown.remove(id);
        if (there.isPresent()) {
            keep(there.get());
            return new CommitResult.Superseded(there.get());
        }
        try {
            CommitResult result = ManifestStore.commit(context.store(), next);
            keep(manifestOf(result));
            return result;
        } catch (ObjectStoreException.Transient e) {
            unknown.put(id, new Tried(next, context.clock().millis()));
            throw e;
        }
    }

    /// What became of a commit whose outcome is unknown. Before anything else the same one is tried
    /// again; one that is old would doom objects without their grace, so that what is there
    /// decides.
    ///
    /// @return empty when it is not there, and should not come any more
    private Optional<PartitionManifest> outcome(Tried tried) throws ObjectStoreException {
        if (context.clock().millis() - tried.atMs() <= ArchiveSettings.Cleaning.PUT_SLACK_MS) {
            return Optional.of(manifestOf(ManifestStore.commit(context.store(), tried.change())));
        }
        PartitionManifest wanted = tried.change().manifest();
        return ManifestStore.newest(
                        context.store(), wanted.topicName(), wanted.id(), rank.generation())
                .filter(newest -> !isNewer(wanted.ref(), newest.ref()));
    }

    private static PartitionManifest manifestOf(CommitResult result) {
        return switch (result) {
            case CommitResult.Committed ours -> ours.manifest();
            case CommitResult.Superseded theirs -> theirs.theirs();
        };
    }

    private void keep(PartitionManifest manifest) {
        kept.put(manifest.id(), manifest);
        storedBytes.put(
                manifest.id(),
                manifest.bytes()
                        + manifest.doomed().stream().mapToLong(DoomedObject::bytes).sum()
                        + manifest.doomedPages().stream()
                                .mapToLong(doomed -> doomed.page().segmentBytes())
                                .sum());
        if (kept.size() > KEPT_MAX) {
            kept.remove(kept.keySet().iterator().next());
        }
    }

    /// Bytes of all segments that manifests name, the doomed ones included, of partitions whose
    /// manifest was read or written by this leader: all of them after the collector's first round.
    /// Any thread.
    long storedBytes() {
        return storedBytes.values().stream().mapToLong(Long::longValue).sum();
    }

    /// When what is doomed now may go.
    long deleteAfterMs() throws ObjectStoreException {
        return storeClock.within(context.settings().cleaning().retentionCheckMs()).storeMs()
                + context.settings().cleaning().graceMs();
    }

    /// Doomed objects that a listing no longer shows: dropped with the next version.
    void markGone(PartitionId partition, Collection<String> keys) {
        gone.computeIfAbsent(partition, id -> new HashSet<>()).addAll(keys);
    }

    /// Doomed objects that are gone but still named so.
    Set<String> goneOf(PartitionId partition) {
        return new HashSet<>(gone.getOrDefault(partition, Set.of()));
    }

    /// Forgets gone keys that the manifest does not name any more, and partitions that left.
    void tidy(Set<PartitionId> open) {
        gone.keySet().retainAll(open);
        gone.forEach((id, keys) -> {
            PartitionManifest manifest = kept.get(id);
            if (manifest != null) {
                keys.retainAll(doomedKeys(manifest));
            }
        });
        kept.keySet().retainAll(open);
        storedBytes.keySet().retainAll(open);
        unknown.keySet().retainAll(open);
    }

    private static Set<String> doomedKeys(PartitionManifest manifest) {
        Set<String> keys = new HashSet<>();
        manifest.doomed().forEach(object -> keys.add(object.key()));
        manifest.doomedPages()
                .forEach(
                        doomed -> keys.add(doomed.page().key(manifest.topicName(), manifest.id())));
        return keys;
    }

    ManifestRank rank() {
        return rank;
    }

    static boolean isNewer(ManifestRef one, ManifestRef other) {
        return one.generation() > other.generation()
                || (one.generation() == other.generation() && one.version() > other.version());
    }
}
