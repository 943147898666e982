// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import org.jspecify.annotations.Nullable;

/// Reads one pack back whole, a few chunks at a time, and checks every checksum. Owner: the stepper
/// that drives it.
final class PackVerification {
    /// At most this much is read in one request.
    private static final int READ_BYTES = 8 << 20;

    private final ObjectStore store;
    private final String key;
    private @Nullable PackIndex index;
    private int section;
    private int chunk;

    PackVerification(ObjectStore store, String key) {
        this.store = store;
        this.key = key;
    }

    String key() {
        return key;
    }

    /// One request.
    ///
    /// @return the index, when all was read and is right; null when there is more to read
    /// @throws CorruptObjectException the object is damaged
    @Nullable PackIndex step() throws ObjectStoreException {
        PackIndex known = index;
        if (known == null) {
            known = PackReader.open(store, key);
            index = known;
        } else {
            PackSection current = known.sections().get(section);
            int end =
                    Math.min(
                            current.chunkCount(),
                            chunk + Math.max(1, READ_BYTES / current.chunkBytes()));
            PackReader.readChunks(store, key, current, chunk, end);
            chunk = end;
        }
        while (section < known.sections().size()
                && chunk == known.sections().get(section).chunkCount()) {
            section++;
            chunk = 0;
        }
        return section == known.sections().size() ? known : null;
    }
}
