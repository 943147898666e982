// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.partition.DoomedPage;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Pages that go together with all segment objects they name. Stateless.
final class DoomedPages {
    private DoomedPages() {}

    static List<DoomedObject> asObjects(PartitionManifest manifest) {
        return manifest.doomedPages().stream()
                .map(doomed ->
                        new DoomedObject(
                                key(manifest, doomed),
                                doomed.page().bytes(),
                                doomed.reason(),
                                doomed.deleteAfterMs()))
                .toList();
    }

    private static String key(PartitionManifest manifest, DoomedPage doomed) {
        return doomed.page().key(manifest.topicName(), manifest.id());
    }

    static Optional<DoomedPage> find(PartitionManifest manifest, String key) {
        return manifest.doomedPages().stream()
                .filter(doomed -> key(manifest, doomed).equals(key))
                .findFirst();
    }

    /// What is to be deleted next: segment objects, in the end the page itself, then nothing.
    /// Starts over when it is not known what is gone: deleting what is gone does no harm.
    ///
    /// @param gone by key of the page: what a listing no longer showed
    /// @param kept what somebody keeps
    /// @return empty when only such are left as somebody keeps
    static Optional<List<String>> next(
            ObjectStore store,
            PartitionManifest manifest,
            DoomedPage doomed,
            Map<String, Set<String>> gone,
            Set<String> kept)
            throws ObjectStoreException {
        String key = key(manifest, doomed);
        Set<String> done = gone.getOrDefault(key, Set.of());
        if (done.contains(key)) {
            return Optional.of(List.of());
        }
        List<SegmentEntry> named;
        try {
            named =
                    ManifestStore.readPage(
                                    store, manifest.topicName(), manifest.id(), doomed.page())
                            .rows()
                            .entries();
        } catch (ObjectStoreException.NotFound e) {
            return Optional.of(List.of()); // an earlier leader was done with it
        }
        List<String> there =
                named.stream()
                        .map(entry -> entry.key(manifest.topicName(), manifest.id()))
                        .filter(segment -> !done.contains(segment))
                        .toList();
        List<String> left =
                there.stream()
                        .filter(segment -> !kept.contains(segment))
                        .limit(DeletionGate.KEYS_MAX)
                        .toList();
        if (!left.isEmpty()) {
            return Optional.of(left);
        }
        return there.isEmpty() && !kept.contains(key)
                ? Optional.of(List.of(key))
                : Optional.empty();
    }
}
