// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.manifest.hold.Marker;
import io.varve.manifest.hold.MarkerStore;
import io.varve.manifest.hold.NamedManifest;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.ParallelReads;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads restore points and holds, and whether what they name is there. Manifest versions that they
/// name, and all that those name, are looked at with their partitions. One instance per look.
/// Owner: the audit's thread.
final class MarkersAudit {
    private final AuditPass pass;
    private final Map<String, String> markers = new HashMap<>();
    private final Map<PartitionId, List<Kept.NamedBy>> partitions = new HashMap<>();
    private boolean allUnknown;

    MarkersAudit(AuditPass pass) {
        this.pass = pass;
    }

    Kept read() throws ObjectStoreException {
        for (String prefix : List.of(BucketKeys.HOLDS_PREFIX, BucketKeys.RESTORE_POINTS_PREFIX)) {
            for (ObjectInfo object : WholeObjects.list(pass.store(), prefix)) {
                pass.saw(object);
                read(object);
            }
        }
        lookForNamed();
        return new Kept(markers, partitions, allUnknown);
    }

    private void read(ObjectInfo object) throws ObjectStoreException {
        String key = object.key();
        ObjectName name = BucketKeys.parse(key);
        if (!(name instanceof ObjectName.Hold || name instanceof ObjectName.RestorePoint)) {
            allUnknown = true;
            pass.foreign(object);
            return;
        }
        boolean point = name instanceof ObjectName.RestorePoint;
        Reading<Optional<Marker>> reading =
                Reading.of(
                        point ? Kind.RESTORE_POINT_BROKEN : Kind.CRC_MISMATCH,
                        () ->
                                WholeObjects.find(pass.store(), key)
                                        .map(bytes -> MarkerStore.marker(bytes, key)));
        switch (reading) {
            case Reading.Whole<Optional<Marker>>(Optional<Marker> marker) ->
                    marker.ifPresent(this::take); // else it was dropped a moment ago
            case Reading.Bad<Optional<Marker>> bad -> {
                allUnknown = true;
                pass.add(
                        bad.finding(key, true)
                                .bytes(object.bytes())
                                .remedy(
                                        "bring it back or drop it: while it cannot be read, nothing"
                                                + " is deleted"));
            }
        }
    }

    private void take(Marker marker) {
        marker.keys().forEach(key -> markers.putIfAbsent(key, marker.key()));
        for (NamedManifest manifest : marker.partitions()) {
            markers.putIfAbsent(manifest.key(), marker.key());
            partitions
                    .computeIfAbsent(manifest.id(), id -> new ArrayList<>())
                    .add(new Kept.NamedBy(manifest, marker.key()));
        }
    }

    private void lookForNamed() throws ObjectStoreException {
        List<String> keys =
                markers.keySet().stream()
                        .filter(key -> pass.options().wholeBucket())
                        .sorted()
                        .toList();
        List<Optional<ObjectInfo>> there = ParallelReads.map(keys, key -> pass.store().head(key));
        for (int i = 0; i < keys.size(); i++) {
            if (there.get(i).isEmpty()) {
                pass.add(broken(keys.get(i), String.valueOf(markers.get(keys.get(i)))));
            }
        }
    }

    /// @param key of the object that is missing
    static AuditFinding broken(String key, String marker) {
        return AuditFinding.of(
                Kind.RESTORE_POINT_BROKEN,
                Severity.LOST,
                key,
                "what a restore point or hold names is not there: marker="
                        + marker
                        + ", key="
                        + key);
    }
}
