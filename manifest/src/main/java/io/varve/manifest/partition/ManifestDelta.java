// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.state.EpochStart;
import java.util.List;
import java.util.Set;

/// A change of a partition's manifest.
public sealed interface ManifestDelta {
    /// A segment object follows on what is archived. Only a leader that has itself seen the object
    /// in the bucket, with its size, may say so.
    ///
    /// @param epochs leader epochs that occur in it, with the first offset of each there
    record AddSegment(SegmentEntry entry, List<EpochStart> epochs) implements ManifestDelta {
        public AddSegment {
            epochs = List.copyOf(epochs);
        }
    }

    /// Offsets that will never be there follow on what is archived.
    record AddGap(Gap gap) implements ManifestDelta {}

    /// Everything below an offset is deleted: objects that end at or below it are doomed.
    ///
    /// @param reason for people: retention, delete-records
    /// @param deleteAfterMs the store's time from which the objects may go
    record MoveLogStart(long logStart, String reason, long deleteAfterMs)
            implements ManifestDelta {}

    /// A run of adjacent entries and gaps gives way to another one of the same range (compaction,
    /// merge).
    record ReplaceSegments(
            List<SegmentEntry> removed,
            List<SegmentEntry> added,
            List<Gap> gaps,
            String reason,
            long deleteAfterMs)
            implements ManifestDelta {
        public ReplaceSegments {
            removed = List.copyOf(removed);
            added = List.copyOf(added);
            gaps = List.copyOf(gaps);
            if (removed.isEmpty()) {
                throw new IllegalArgumentException("nothing to replace: added=" + added.size());
            }
        }
    }

    /// Objects that no manifest names shall go: orphans, old manifest versions.
    record Doom(List<DoomedObject> objects) implements ManifestDelta {
        public Doom {
            objects = List.copyOf(objects);
        }
    }

    /// Doomed objects that are gone: a listing no longer showed them.
    record DropDoomed(Set<String> keys) implements ManifestDelta {
        public DropDoomed {
            keys = Set.copyOf(keys);
        }
    }
}
