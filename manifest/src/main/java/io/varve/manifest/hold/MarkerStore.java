// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.hold;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.WrongIdentityException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// All markers that are in the bucket. Keeps nothing. Thread-safe.
public final class MarkerStore {
    private MarkerStore() {}

    /// Restore points and holds, as they are now: two listings, one read each. Whoever is about to
    /// delete asks directly before.
    ///
    /// @throws CorruptObjectException one is damaged, or is not what its key says: what it keeps is
    ///   not known, so nothing may be deleted
    /// @throws VersionTooNewException one is of a later version: the same
    public static List<Marker> all(ObjectStore store) throws ObjectStoreException {
        List<Marker> markers = new ArrayList<>();
        for (String prefix : List.of(BucketKeys.HOLDS_PREFIX, BucketKeys.RESTORE_POINTS_PREFIX)) {
            for (ObjectInfo object : WholeObjects.list(store, prefix)) {
                Optional<byte[]> bytes = WholeObjects.find(store, object.key());
                if (bytes.isPresent()) { // else it was dropped a moment ago
                    markers.add(marker(bytes.get(), object.key()));
                }
            }
        }
        return markers;
    }

    /// A marker's document.
    ///
    /// @throws CorruptObjectException it cannot be read, or is another one than its key says
    public static Marker marker(byte[] bytes, String key) {
        Marker marker =
                switch (BucketKeys.parse(key)) {
                    case ObjectName.RestorePoint name ->
                            MarkerCodec.restorePoint(bytes, key).asMarker();
                    case ObjectName.Hold name -> MarkerCodec.hold(bytes, key).asMarker();
                    default -> throw new CorruptObjectException("no marker: object=" + key);
                };
        if (!marker.key().equals(key)) {
            throw new WrongIdentityException(
                    "marker is another one than its key says: object="
                            + key
                            + ", says="
                            + marker.key());
        }
        return marker;
    }
}
