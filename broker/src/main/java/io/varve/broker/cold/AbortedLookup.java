// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.broker.shard.PartitionView;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.manifest.state.AbortedTxn;
import io.varve.objectstore.ObjectStoreException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Aborted transactions of archived offsets, from the indexes of segment objects. Stateless.
final class AbortedLookup {
    private AbortedLookup() {}

    /// @return empty when the source does not have what it takes
    static Optional<List<AbortedTxn>> find(
            ColdSource source, PartitionView partition, long from, long to)
            throws ObjectStoreException {
        if (from >= to) {
            return Optional.of(List.of());
        }
        Optional<PartitionManifest> manifest = source.manifest(partition);
        if (manifest.isEmpty()) {
            return Optional.empty();
        }
        Set<AbortedTxn> found = new LinkedHashSet<>();
        long at = from;
        while (at < Math.min(to, manifest.get().archivedEnd())) {
            Optional<SegmentRun> rows = source.rows(manifest.get(), at);
            if (rows.isEmpty()
                    || !addOf(source, partition, manifest.get(), rows.get(), at, to, found)) {
                return Optional.empty();
            }
            at = rows.get().endOffset();
        }
        return Optional.of(List.copyOf(found));
    }

    /// @return whether the source has what it takes
    private static boolean addOf(
            ColdSource source,
            PartitionView partition,
            PartitionManifest manifest,
            SegmentRun rows,
            long from,
            long to,
            Set<AbortedTxn> found)
            throws ObjectStoreException {
        for (SegmentEntry entry : rows.entriesIn(from, to)) {
            PackRef pack = PackRef.of(manifest, entry);
            Optional<PackIndex> index = source.pack(pack);
            if (index.isEmpty()) {
                return false;
            }
            for (AbortedTxn txn : Locator.section(pack, index.get(), partition.id()).aborted()) {
                if (txn.firstOffset() < to && txn.markerOffset() >= from) {
                    found.add(txn);
                }
            }
        }
        return true;
    }
}
