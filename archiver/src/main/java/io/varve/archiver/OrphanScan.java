// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.DoomedPage;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentRun;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds segment objects and pages of one partition that its manifest does not name. Listings come
/// in the order of offsets, so the manifest's pages are read one after another, each once, and only
/// one is in memory. Owner: the collector.
final class OrphanScan {
    /// Most orphans of one scan: their rows must fit in a manifest.
    static final int ORPHANS_MAX = 64;

    private final ObjectStore store;
    private final PartitionManifest manifest;
    private final RetentionRule.Rows rowsOf;
    private final Set<String> doomed = new HashSet<>();
    private Optional<PageRef> around = Optional.empty();
    private @Nullable Set<String> named;

    OrphanScan(ObjectStore store, PartitionManifest manifest, RetentionRule.Rows rowsOf) {
        this.store = store;
        this.manifest = manifest;
        this.rowsOf = rowsOf;
        manifest.doomed().forEach(object -> doomed.add(object.key()));
    }

    /// @param youngestMs store's time; what is younger may still be on its way into a manifest
    List<DoomedObject> find(long youngestMs, long deleteAfterMs) throws ObjectStoreException {
        List<DoomedObject> orphans = new ArrayList<>();
        for (String prefix :
                List.of(
                        BucketKeys.segmentPrefix(manifest.topicName(), manifest.id()),
                        BucketKeys.pagePrefix(manifest.topicName(), manifest.id()))) {
            if (orphans.size() == ORPHANS_MAX) {
                break;
            }
            WholeObjects.walk(
                    store,
                    prefix,
                    "",
                    object -> {
                        boolean old = object.lastModified().toEpochMilli() < youngestMs;
                        if (old && isOrphan(object.key())) {
                            orphans.add(
                                    new DoomedObject(
                                            object.key(), object.bytes(), "orphan", deleteAfterMs));
                        }
                        return orphans.size() < ORPHANS_MAX;
                    });
        }
        return orphans;
    }

    private boolean isOrphan(String key) throws ObjectStoreException {
        if (doomed.contains(key)) {
            return false;
        }
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Segment name ->
                    !isDoomedWithPage(name.baseOffset())
                            && !namedAround(name.baseOffset()).contains(key);
            case ObjectName.Page name ->
                    manifest.pages().stream().noneMatch(page -> key.equals(keyOf(page)))
                            && manifest.doomedPages().stream()
                                    .noneMatch(gone -> key.equals(keyOf(gone.page())));
            default -> false;
        };
    }

    private String keyOf(PageRef page) {
        return page.key(manifest.topicName(), manifest.id());
    }

    /// Objects there go with a page; what is left afterwards the next scan finds.
    private boolean isDoomedWithPage(long offset) {
        for (DoomedPage gone : manifest.doomedPages()) {
            if (gone.page().baseOffset() <= offset && offset < gone.page().endOffset()) {
                return true;
            }
        }
        return false;
    }

    /// Keys of the run in which a segment that begins at an offset would be named.
    private Set<String> namedAround(long offset) throws ObjectStoreException {
        Optional<PageRef> at = manifest.pageAt(offset);
        Set<String> known = named;
        if (known == null || !at.equals(around)) {
            SegmentRun rows = at.isPresent() ? rowsOf.of(at.get()) : manifest.inline();
            Set<String> keys = new HashSet<>();
            rows.entries()
                    .forEach(entry -> keys.add(entry.key(manifest.topicName(), manifest.id())));
            around = at;
            named = keys;
            return keys;
        }
        return known;
    }
}
