// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.manifest.state.AbortedTxn;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/// All aborted transactions of a partition, from the indexes of its segment objects and from what
/// the journals say behind them; no records are read. Stateless.
final class AbortedTransactions {
    private AbortedTransactions() {}

    /// By marker offset.
    static List<AbortedTxn> of(ObjectStore store, PartitionPlan plan, RestoredOpening opening)
            throws ObjectStoreException {
        TreeSet<AbortedTxn> aborted =
                new TreeSet<>(
                        Comparator.comparingLong(AbortedTxn::markerOffset)
                                .thenComparingLong(AbortedTxn::producerId));
        if (plan.manifest().isPresent()) {
            PartitionManifest manifest = plan.manifest().get();
            List<SegmentEntry> entries = entries(store, manifest, plan);
            ParallelReads.map(entries, entry -> ending(store, manifest, plan, entry))
                    .forEach(aborted::addAll);
        }
        for (AbortedTxn txn : opening.opened().aborted()) {
            if (txn.markerOffset() >= plan.archivedEnd()) {
                aborted.add(txn);
            }
        }
        return List.copyOf(aborted);
    }

    private static List<SegmentEntry> entries(
            ObjectStore store, PartitionManifest manifest, PartitionPlan plan)
            throws ObjectStoreException {
        long start = plan.logStart();
        long end = Math.max(start, plan.archivedEnd());
        List<SegmentEntry> entries = new ArrayList<>();
        for (PageRef page : manifest.pagesIn(start, end)) {
            SegmentRun rows =
                    ManifestStore.readPage(store, manifest.topicName(), manifest.id(), page).rows();
            entries.addAll(rows.entriesIn(start, end));
        }
        entries.addAll(manifest.inline().entriesIn(start, end));
        return entries;
    }

    /// Those whose marker is in the part of the object that counts.
    private static List<AbortedTxn> ending(
            ObjectStore store, PartitionManifest manifest, PartitionPlan plan, SegmentEntry entry)
            throws ObjectStoreException {
        long end = Math.min(entry.endOffset(), plan.archivedEnd());
        return PackReader.open(
                        store,
                        entry.key(manifest.topicName(), manifest.id()),
                        entry.bytes(),
                        entry.indexCrc())
                .section(manifest.id())
                .map(PackSection::aborted)
                .orElse(List.of())
                .stream()
                .filter(txn -> txn.markerOffset() >= entry.baseOffset() && txn.markerOffset() < end)
                .toList();
    }
}
