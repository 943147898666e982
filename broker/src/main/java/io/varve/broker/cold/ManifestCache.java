// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentRun;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.Comparator;
import java.util.Optional;

/// The newest manifest of each partition that is read, and the pages of old rows that were looked
/// at, each bounded by estimated bytes. Which version is the newest is told by the shard; a listing
/// is asked only when an object was not there. Thread-safe.
final class ManifestCache {
    private static final int MANIFEST_BYTES = 500;
    private static final int ENTRY_BYTES = 100;
    private static final Comparator<ManifestRef> AGE =
            Comparator.comparingInt(ManifestRef::generation)
                    .thenComparingLong(ManifestRef::version);

    private record Version(PartitionId partition, ManifestRef ref) {}

    private final ObjectStore store;
    private final Cache<PartitionId, PartitionManifest> manifests;
    private final Cache<String, SegmentRun> pages;
    private final Loads<String, SegmentRun> pageLoads = new Loads<>();
    private final Loads<Version, PartitionManifest> loads = new Loads<>();
    private final Loads<PartitionId, Optional<PartitionManifest>> listings = new Loads<>();

    ManifestCache(ObjectStore store, long bytesMax) {
        this.store = store;
        this.manifests =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .weigher((PartitionId _, PartitionManifest manifest) ->
                                estimatedBytes(manifest))
                        .executor(Runnable::run)
                        .build();
        this.pages =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .weigher((String _, SegmentRun rows) ->
                                MANIFEST_BYTES + ENTRY_BYTES * rows.rows())
                        .executor(Runnable::run)
                        .build();
    }

    private static int estimatedBytes(PartitionManifest manifest) {
        long parts =
                (long) manifest.entries().size()
                        + manifest.pages().size()
                        + manifest.doomedPages().size()
                        + manifest.gaps().size()
                        + manifest.doomed().size()
                        + manifest.epochStarts().size();
        return (int) Math.min(Integer.MAX_VALUE, MANIFEST_BYTES + ENTRY_BYTES * parts);
    }

    /// The manifest that the shard knows, or a newer one, if it is here.
    Optional<PartitionManifest> cached(PartitionView partition) {
        PartitionManifest here = manifests.getIfPresent(partition.id());
        return here != null && AGE.compare(here.ref(), partition.manifest()) >= 0
                ? Optional.of(here)
                : Optional.empty();
    }

    /// The same, read when it is not here. Blocks.
    ///
    /// @throws ObjectStoreException.NotFound that version is not there (any more)
    PartitionManifest load(PartitionView partition) throws ObjectStoreException {
        Optional<PartitionManifest> here = cached(partition);
        if (here.isPresent()) {
            return here.get();
        }
        ManifestRef ref = partition.manifest();
        if (!ref.exists()) {
            throw new ObjectStoreException.NotFound(
                    "partition has no manifest: partition="
                            + partition.id()
                            + ", archivedEnd="
                            + partition.archivedEnd(),
                    null);
        }
        return loads.get(new Version(partition.id(), ref), () -> read(partition, ref));
    }

    private PartitionManifest read(PartitionView partition, ManifestRef ref)
            throws ObjectStoreException {
        Optional<PartitionManifest> arrived = cached(partition); // before it was our turn
        if (arrived.isPresent()) {
            return arrived.get();
        }
        PartitionManifest manifest =
                ManifestStore.read(store, partition.topicName(), partition.id(), ref);
        keep(manifest);
        return manifest;
    }

    /// The rows that tell about an offset, if they are here.
    Optional<SegmentRun> cachedRows(PartitionManifest manifest, long offset) {
        Optional<PageRef> page = manifest.pageAt(offset);
        return page.isEmpty()
                ? Optional.of(manifest.inline())
                : Optional.ofNullable(pages.getIfPresent(key(manifest, page.get())));
    }

    private static String key(PartitionManifest manifest, PageRef page) {
        return page.key(manifest.topicName(), manifest.id());
    }

    /// The same, read when they are not here. Blocks.
    ///
    /// @throws ObjectStoreException.NotFound the page is not there (any more)
    SegmentRun loadRows(PartitionManifest manifest, long offset) throws ObjectStoreException {
        Optional<SegmentRun> here = cachedRows(manifest, offset);
        if (here.isPresent()) {
            return here.get();
        }
        PageRef page = manifest.pageAt(offset).orElseThrow();
        return pageLoads.get(
                key(manifest, page),
                () -> {
                    SegmentRun rows =
                            ManifestStore.readPage(store, manifest.topicName(), manifest.id(), page)
                                    .rows();
                    pages.put(key(manifest, page), rows);
                    return rows;
                });
    }

    /// The newest one in the bucket, by a listing. Blocks.
    Optional<PartitionManifest> newest(PartitionView partition) throws ObjectStoreException {
        Optional<PartitionManifest> newest =
                listings.get(
                        partition.id(),
                        () ->
                                ManifestStore.newest(
                                        store,
                                        partition.topicName(),
                                        partition.id(),
                                        partition.shard().generation()));
        newest.ifPresent(this::keep);
        return newest;
    }

    private void keep(PartitionManifest manifest) {
        manifests
                .asMap()
                .merge(
                        manifest.id(),
                        manifest,
                        (old, read) -> AGE.compare(old.ref(), read.ref()) > 0 ? old : read);
    }
}
