// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.DoomedPage;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes objects of live partitions and of the shard, only through intents: what a committed
/// manifest or a verified checkpoint dooms, after its grace by the store's clock. Finds orphans
/// below a partition's segments and dooms them first. Topics that were deleted are
/// [TrashCollector]'s.
///
/// A round looks at the newest checkpoint, then at every partition. Owner: the thread that steps.
final class Collector implements Stepper {
    private static final Logger LOG = LoggerFactory.getLogger(Collector.class);
    private final ArchiveContext context;
    private final ShardSource source;
    private final ShardShadow shadow;
    private final ManifestBook book;
    private final StoreClock storeClock;
    private final Supplier<Checkpointer.@Nullable Verified> newestCheckpoint;
    private final DeletionGate gate;
    private final Deque<HotPartition> round = new ArrayDeque<>();
    private final Set<String> goneOfCheckpoint = new HashSet<>();
    private final Set<String> keptThisRound = new HashSet<>();
    private final Map<String, Set<String>> goneOfPages = new HashMap<>();
    private final Map<PartitionId, Long> nothingDueBeforeMs = new HashMap<>();
    private final Map<PartitionId, Long> nextScanMs = new HashMap<>();
    private boolean checkpointDone = true;
    private long nextRoundMs;

    /// @param newestCheckpoint the one that was read back whole and is the floor
    Collector(
            ArchiveContext context,
            ShardSource source,
            ShardShadow shadow,
            ManifestBook book,
            StoreClock storeClock,
            Supplier<Checkpointer.@Nullable Verified> newestCheckpoint) {
        this.context = context;
        this.source = source;
        this.shadow = shadow;
        this.book = book;
        this.storeClock = storeClock;
        this.newestCheckpoint = newestCheckpoint;
        this.gate = new DeletionGate(context.store(), source.shard());
        this.nextRoundMs = context.clock().millis() + context.settings().cleaning().collectMs();
    }

    @Override
    public String name() {
        return "collector";
    }

    @Override
    public StepResult step() {
        if (!source.isLeader()) {
            return new StepResult.Stopped(
                    "leadership lost: shard=" + source.shard() + ", term=" + source.term());
        }
        try {
            if (!checkpointDone) {
                return collectOfCheckpoint();
            }
            HotPartition hot = round.peek();
            return hot == null ? nextRound() : collect(hot);
        } catch (ObjectStoreException e) {
            return new StepResult.Failed(
                    "collector cannot reach the bucket: shard=" + source.shard(), e);
        } catch (RuntimeException e) {
            HotPartition damaged = round.poll();
            LOG.error(
                    "collector met damage and keeps everything: partition={}",
                    damaged == null ? "none" : damaged.id(),
                    e);
            return new StepResult.Failed(
                    "manifest is damaged: partition=" + (damaged == null ? "none" : damaged.id()),
                    e);
        }
    }

    private StepResult nextRound() {
        long now = context.clock().millis();
        if (now < nextRoundMs) {
            return new StepResult.Idle(nextRoundMs - now);
        }
        nextRoundMs = now + context.settings().cleaning().collectMs();
        checkpointDone = false;
        keptThisRound.clear();
        Set<PartitionId> open = new HashSet<>();
        for (HotPartition hot : source.partitions()) {
            open.add(hot.id());
            boolean due = nothingDueBeforeMs.getOrDefault(hot.id(), 0L) <= now;
            if (hot.manifest().exists() && (due || isScanDue(hot.id()))) {
                round.add(hot);
            }
        }
        nothingDueBeforeMs.keySet().retainAll(open);
        nextScanMs.keySet().retainAll(open);
        return new StepResult.Progressed();
    }

    /// A new leader does not scan everything at once: the first scan of each partition comes within
    /// a period.
    private boolean isScanDue(PartitionId id) {
        long now = context.clock().millis();
        long scanMs = context.settings().cleaning().orphanScanMs();
        return nextScanMs.computeIfAbsent(id, first -> now + context.random().nextLong(scanMs))
                <= now;
    }

    private StepResult collectOfCheckpoint() throws ObjectStoreException {
        Checkpointer.Verified newest = newestCheckpoint.get();
        if (newest == null) {
            checkpointDone = true;
            return new StepResult.Progressed();
        }
        goneOfCheckpoint.retainAll(newest.doomed().stream().map(DoomedObject::key).toList());
        List<String> due = due(newest.doomed(), goneOfCheckpoint);
        if (due.isEmpty()) {
            checkpointDone = true;
            return new StepResult.Progressed();
        }
        return delete(
                due,
                (gone, settled) -> {
                    goneOfCheckpoint.addAll(gone);
                    shadow.gone(gone);
                    checkpointDone = !settled; // what is left waits for the next round
                });
    }

    private StepResult collect(HotPartition hot) throws ObjectStoreException {
        PartitionManifest manifest = book.current(hot).orElse(null);
        if (manifest == null || manifest.generation() != source.shard().generation()) {
            round.remove(); // an older generation's doomed objects wait for this one's first
            // version
            return new StepResult.Progressed();
        }
        if (isScanDue(hot.id())) {
            return scan(hot, manifest);
        }
        Set<String> gone = book.goneOf(hot.id());
        List<DoomedObject> doomed = new ArrayList<>(manifest.doomed());
        doomed.addAll(DoomedPages.asObjects(manifest));
        List<String> due = due(doomed, gone);
        if (due.isEmpty()) {
            rememberNext(hot.id(), doomed, gone);
            round.remove();
            return new StepResult.Progressed();
        }
        List<String> plain = due.stream().filter(key -> !standsForOthers(manifest, key)).toList();
        return plain.isEmpty()
                ? collectOthers(hot, manifest, due.getFirst())
                : delete(
                        plain,
                        (deleted, settled) -> {
                            book.markGone(hot.id(), deleted);
                            if (!settled) {
                                round.remove();
                            }
                            if (!deleted.isEmpty()) {
                                book.commit(manifest, List.of()); // drops them
                            }
                        });
    }

    private static boolean standsForOthers(PartitionManifest manifest, String key) {
        return BucketKeys.parse(key) instanceof ObjectName.Manifest
                || DoomedPages.find(manifest, key).isPresent();
    }

    /// A doomed manifest version goes with all older ones of its generation, a doomed page with the
    /// segment objects it names: those first, then what names them.
    private StepResult collectOthers(HotPartition hot, PartitionManifest manifest, String key)
            throws ObjectStoreException {
        DoomedPage page = DoomedPages.find(manifest, key).orElse(null);
        Optional<List<String>> next =
                page == null
                        ? olderVersions(key)
                        : DoomedPages.next(
                                context.store(), manifest, page, goneOfPages, keptThisRound);
        if (next.isEmpty()) {
            keptThisRound.add(key); // it names something that somebody keeps
            return new StepResult.Progressed();
        }
        List<String> left = next.get();
        if (left.isEmpty()) {
            book.markGone(hot.id(), Set.of(key));
            goneOfPages.remove(key);
            if (page != null) {
                book.commit(manifest, List.of());
            }
            return new StepResult.Progressed();
        }
        return delete(
                left,
                (deleted, settled) -> {
                    if (page != null) {
                        goneOfPages.computeIfAbsent(key, k -> new HashSet<>()).addAll(deleted);
                    }
                    if (!settled) {
                        round.remove();
                    }
                });
    }

    /// @return empty when only such are left as somebody keeps
    private Optional<List<String>> olderVersions(String key) throws ObjectStoreException {
        String prefix = key.substring(0, key.lastIndexOf('/') + 1);
        List<String> there =
                context.store().list(prefix, "", DeletionGate.KEYS_MAX).stream()
                        .map(ObjectInfo::key)
                        .filter(version -> version.compareTo(key) <= 0)
                        .filter(version -> BucketKeys.parse(version) instanceof ObjectName.Manifest)
                        .toList();
        List<String> left =
                there.stream().filter(version -> !keptThisRound.contains(version)).toList();
        return left.isEmpty() && !there.isEmpty() ? Optional.empty() : Optional.of(left);
    }

    private void rememberNext(PartitionId id, List<DoomedObject> doomed, Set<String> gone) {
        long next =
                doomed.stream()
                        .filter(object -> !gone.contains(object.key()))
                        .mapToLong(DoomedObject::deleteAfterMs)
                        .min()
                        .orElse(Long.MAX_VALUE);
        // a commit dooms more, never for earlier than a grace from then
        long grace = context.clock().millis() + context.settings().cleaning().graceMs();
        nothingDueBeforeMs.put(id, Math.min(next, grace));
    }

    private List<String> due(Collection<DoomedObject> doomed, Set<String> gone)
            throws ObjectStoreException {
        List<DoomedObject> candidates =
                doomed.stream()
                        .filter(object -> !gone.contains(object.key()))
                        .filter(object -> !keptThisRound.contains(object.key()))
                        .toList();
        if (candidates.isEmpty()) {
            return List.of();
        }
        long storeMs = storeClock.ask().storeMs();
        return candidates.stream()
                .filter(object -> object.deleteAfterMs() <= storeMs)
                .limit(DeletionGate.KEYS_MAX)
                .map(DoomedObject::key)
                .toList();
    }

    private interface AfterDeletion {
        /// @param settled whether all others are kept on purpose
        void gone(Set<String> keys, boolean settled) throws ObjectStoreException;
    }

    private StepResult delete(List<String> keys, AfterDeletion after) throws ObjectStoreException {
        return switch (gate.delete(keys)) {
            case DeletionGate.Deletion.Done done -> {
                keptThisRound.addAll(done.kept());
                after.gone(done.gone(), done.gone().size() + done.kept().size() == keys.size());
                yield new StepResult.Progressed();
            }
            case DeletionGate.Deletion.Held held -> {
                LOG.info(
                        "nothing is deleted while a marker cannot be read: {}, waiting={}",
                        held.by(),
                        keys.size());
                endRound();
                yield new StepResult.Progressed();
            }
            case DeletionGate.Deletion.Fenced fenced -> {
                LOG.warn(
                        "nothing is deleted, a later generation was claimed: generation={}",
                        fenced.generation());
                endRound();
                yield new StepResult.Progressed();
            }
        };
    }

    private void endRound() {
        checkpointDone = true;
        round.clear();
    }

    /// Dooms segment objects and pages that nothing names and that are older than the grace: a
    /// slower writer that meant to name one loses the version.
    private StepResult scan(HotPartition hot, PartitionManifest manifest)
            throws ObjectStoreException {
        long storeMs = storeClock.ask().storeMs();
        long graceMs = context.settings().cleaning().graceMs();
        List<DoomedObject> orphans =
                new OrphanScan(context.store(), manifest, page -> book.page(manifest, page).rows())
                        .find(storeMs - graceMs, storeMs + graceMs);
        boolean more = orphans.size() == OrphanScan.ORPHANS_MAX;
        nextScanMs.put(
                hot.id(),
                context.clock().millis()
                        + (more ? graceMs : context.settings().cleaning().orphanScanMs()));
        if (!orphans.isEmpty()) {
            LOG.info("orphans doomed: partition={}, objects={}", hot.id(), orphans.size());
            book.commit(manifest, List.of(new ManifestDelta.Doom(orphans)));
        }
        return new StepResult.Progressed();
    }
}
