// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.hold.Marker;
import io.varve.manifest.hold.MarkerStore;
import io.varve.manifest.hold.NamedManifest;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentRun;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which of some objects restore points and holds keep, read from the bucket each time it is asked.
/// Manifests and pages that markers name never change, so the newest read are remembered.
///
/// Where it cannot be told what a marker keeps (it, or a manifest that it names, is damaged, gone
/// or too new), all that it could keep is kept. Owner: a collector.
final class KeptObjects {
    private static final int REMEMBERED_MAX = 256;

    private final ObjectStore store;
    private final LinkedHashMap<String, Set<String>> named = new LinkedHashMap<>(16, 0.75f, true);

    KeptObjects(ObjectStore store) {
        this.store = store;
    }

    /// @param byMarker each object that must stay, with the marker that keeps it
    /// @param unreadable a marker that cannot be read: everything must stay; empty text when all
    ///   can
    record Kept(Map<String, String> byMarker, String unreadable) {
        Kept {
            byMarker = Map.copyOf(byMarker);
        }
    }

    Kept among(Collection<String> keys) throws ObjectStoreException {
        List<Marker> markers;
        try {
            markers = MarkerStore.all(store);
        } catch (CorruptObjectException | VersionTooNewException e) {
            return new Kept(Map.of(), String.valueOf(e.getMessage()));
        }
        Map<String, String> kept = new LinkedHashMap<>();
        for (Marker marker : markers) {
            Set<String> plain = new HashSet<>(marker.keys());
            for (NamedManifest manifest : marker.partitions()) {
                plain.add(manifest.key());
            }
            for (String key : keys) {
                if (plain.contains(key) || isNamedByManifest(marker, key)) {
                    kept.putIfAbsent(key, marker.key());
                }
            }
        }
        return new Kept(kept, "");
    }

    private boolean isNamedByManifest(Marker marker, String key) throws ObjectStoreException {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Segment name -> isNamed(marker, name.partition(), key);
            case ObjectName.Page name -> isNamed(marker, name.partition(), key);
            case ObjectName.TopicJson name ->
                    marker.partitions().stream()
                            .anyMatch(kept -> kept.id().topicId().equals(name.topicId()));
            default -> false;
        };
    }

    private boolean isNamed(Marker marker, PartitionId partition, String key)
            throws ObjectStoreException {
        for (NamedManifest manifest : marker.partitions()) {
            if (manifest.id().equals(partition)) {
                try {
                    if (namesOf(manifest).contains(key)) {
                        return true;
                    }
                } catch (ObjectStoreException.NotFound
                        | CorruptObjectException
                        | VersionTooNewException e) {
                    return true; // nobody can tell what it names
                }
            }
        }
        return false;
    }

    private Set<String> namesOf(NamedManifest manifest) throws ObjectStoreException {
        Set<String> known = named.get(manifest.key());
        if (known == null) {
            known = read(manifest);
            named.put(manifest.key(), known);
            if (named.size() > REMEMBERED_MAX) {
                named.remove(named.keySet().iterator().next());
            }
        }
        return known;
    }

    private Set<String> read(NamedManifest ref) throws ObjectStoreException {
        PartitionManifest manifest =
                ManifestStore.read(store, ref.topicName(), ref.id(), ref.manifest());
        List<SegmentRun> runs = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (PageRef page : manifest.pages()) {
            names.add(page.key(ref.topicName(), ref.id()));
            runs.add(ManifestStore.readPage(store, ref.topicName(), ref.id(), page).rows());
        }
        runs.add(manifest.inline());
        for (SegmentRun run : runs) {
            run.entries().forEach(entry -> names.add(entry.key(ref.topicName(), ref.id())));
        }
        return Set.copyOf(names);
    }
}
