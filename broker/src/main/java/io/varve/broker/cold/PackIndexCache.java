// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.Optional;

/// Indexes of packs, in memory, bounded by their estimated bytes. Small objects come by way of the
/// chunk cache, because they are fetched whole. Thread-safe.
final class PackIndexCache {
    private static final int INDEX_BYTES = 300;
    private static final int SECTION_BYTES = 400;
    private static final int POINT_BYTES = 40;
    private static final int CRC_BYTES = 20;
    private static final int PRODUCER_BYTES = 400;
    private static final int ABORTED_BYTES = 48;

    private final ObjectStore store;
    private final ChunkCache chunks;
    private final Cache<String, PackIndex> indexes;
    private final Loads<String, PackIndex> loads = new Loads<>();

    PackIndexCache(ObjectStore store, ChunkCache chunks, long bytesMax) {
        this.store = store;
        this.chunks = chunks;
        this.indexes =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .weigher((String _, PackIndex index) -> estimatedBytes(index))
                        .executor(Runnable::run)
                        .build();
    }

    static int estimatedBytes(PackIndex index) {
        long bytes = INDEX_BYTES;
        for (PackSection section : index.sections()) {
            bytes +=
                    SECTION_BYTES
                            + (long) POINT_BYTES * section.sparseIndex().size()
                            + (long) CRC_BYTES * section.chunkCount()
                            + (long) PRODUCER_BYTES * section.producers().size()
                            + (long) ABORTED_BYTES * section.aborted().size();
        }
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }

    Optional<PackIndex> cached(PackRef pack) {
        return Optional.ofNullable(indexes.getIfPresent(pack.key()));
    }

    /// Blocks.
    ///
    /// @throws CorruptObjectException the object is damaged, or another one than was named
    PackIndex load(PackRef pack) throws ObjectStoreException {
        PackIndex here = indexes.getIfPresent(pack.key());
        return here != null ? here : loads.get(pack.key(), () -> read(pack));
    }

    /// What somebody else has read already: a journal that this broker wrote.
    void keep(PackRef pack, PackIndex index) {
        indexes.put(pack.key(), index);
    }

    private PackIndex read(PackRef pack) throws ObjectStoreException {
        PackIndex arrived = indexes.getIfPresent(pack.key()); // before it was our turn
        if (arrived != null) {
            return arrived;
        }
        PackIndex index = pack.isSmall() ? readSmall(pack) : PackReader.open(store, pack.key());
        boolean otherCrc = pack.indexCrc() != null && pack.indexCrc() != index.indexCrc();
        if (otherCrc || index.objectBytes() != pack.bytes()) {
            throw new CorruptObjectException(
                    "pack is not the one that was named: object="
                            + pack.key()
                            + ", bytes="
                            + index.objectBytes()
                            + ", expectedBytes="
                            + pack.bytes()
                            + ", indexCrc="
                            + Integer.toHexString(index.indexCrc()));
        }
        indexes.put(pack.key(), index);
        return index;
    }

    private PackIndex readSmall(PackRef pack) throws ObjectStoreException {
        try {
            return PackReader.parse(chunks.loadWhole(pack), pack.key());
        } catch (CorruptObjectException e) {
            chunks.dropWhole(pack); // perhaps only the cached file is damaged
        }
        try {
            return PackReader.parse(chunks.loadWhole(pack), pack.key());
        } catch (CorruptObjectException e) {
            chunks.dropWhole(pack);
            throw e;
        }
    }
}
