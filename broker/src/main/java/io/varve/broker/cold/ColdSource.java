// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.broker.shard.PartitionView;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentRun;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// Where a read gets what it needs. Empty always means: not here without asking the bucket. Two
/// kinds: one that has only what is cached, and one that fetches, blocks, and never answers empty.
interface ColdSource {
    Optional<PartitionManifest> manifest(PartitionView partition) throws ObjectStoreException;

    /// The rows of a manifest that tell about an offset: of a page, or its own.
    Optional<SegmentRun> rows(PartitionManifest manifest, long offset) throws ObjectStoreException;

    /// The shard's journals, with all tails read.
    Optional<JournalIndex> journals(PartitionView partition) throws ObjectStoreException;

    Optional<PackIndex> pack(PackRef pack) throws ObjectStoreException;

    /// A chunk's bytes, checked.
    Optional<ByteBuffer> chunk(PackRef pack, PackSection section, int chunk)
            throws ObjectStoreException;

    /// Chunks `[first, end)` will be asked for.
    void expect(PackRef pack, PackSection section, int first, int end);

    /// What is cached.
    record Cached(
            ManifestCache manifests, JournalIndexes shards, PackIndexCache packs, ChunkCache chunks)
            implements ColdSource {
        @Override
        public Optional<PartitionManifest> manifest(PartitionView partition) {
            return manifests.cached(partition);
        }

        @Override
        public Optional<SegmentRun> rows(PartitionManifest manifest, long offset) {
            return manifests.cachedRows(manifest, offset);
        }

        @Override
        public Optional<JournalIndex> journals(PartitionView partition) {
            return Optional.of(shards.of(partition.shard())).filter(JournalIndex::isRead);
        }

        @Override
        public Optional<PackIndex> pack(PackRef pack) {
            return packs.cached(pack);
        }

        @Override
        public Optional<ByteBuffer> chunk(PackRef pack, PackSection section, int chunk) {
            return chunks.cached(pack, section, chunk);
        }

        @Override
        public void expect(PackRef pack, PackSection section, int first, int end) {}
    }

    /// What is cached or can be fetched.
    record Loading(
            ManifestCache manifests, JournalIndexes shards, PackIndexCache packs, ChunkCache chunks)
            implements ColdSource {
        @Override
        public Optional<PartitionManifest> manifest(PartitionView partition)
                throws ObjectStoreException {
            return Optional.of(manifests.load(partition));
        }

        @Override
        public Optional<SegmentRun> rows(PartitionManifest manifest, long offset)
                throws ObjectStoreException {
            return Optional.of(manifests.loadRows(manifest, offset));
        }

        @Override
        public Optional<JournalIndex> journals(PartitionView partition)
                throws ObjectStoreException {
            JournalIndex journals = shards.of(partition.shard());
            journals.read();
            return Optional.of(journals);
        }

        @Override
        public Optional<PackIndex> pack(PackRef pack) throws ObjectStoreException {
            return Optional.of(packs.load(pack));
        }

        @Override
        public Optional<ByteBuffer> chunk(PackRef pack, PackSection section, int chunk)
                throws ObjectStoreException {
            return Optional.of(chunks.load(pack, section, chunk));
        }

        @Override
        public void expect(PackRef pack, PackSection section, int first, int end) {
            chunks.expect(pack, section, first, end);
        }
    }
}
