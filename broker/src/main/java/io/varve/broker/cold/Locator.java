// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.broker.shard.PartitionView;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.manifest.state.EpochStart;
import io.varve.objectstore.ObjectStoreException;
import java.util.Optional;

/// Finds the section that holds an offset: below archivedEnd by the manifest, above it by the
/// shard's journals. Stateless.
final class Locator {
    private Locator() {}

    /// @param archivedEnd border between the two; the view's own, or higher when a newer manifest
    ///   was read
    /// @return empty when the source does not have what it takes
    /// @throws ObjectStoreException.NotFound nothing in the bucket names the offset
    static Optional<Place> locate(
            ColdSource source, PartitionView partition, long archivedEnd, long offset)
            throws ObjectStoreException {
        return offset < archivedEnd
                ? inSegments(source, partition, archivedEnd, offset)
                : inJournals(source, partition, offset);
    }

    private static Optional<Place> inSegments(
            ColdSource source, PartitionView partition, long archivedEnd, long offset)
            throws ObjectStoreException {
        Optional<PartitionManifest> found = source.manifest(partition);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        PartitionManifest manifest = found.get();
        if (offset < manifest.logStart()) {
            throw new ObjectStoreException.NotFound(
                    "offset is below the manifest: partition="
                            + partition.id()
                            + ", offset="
                            + offset
                            + ", logStart="
                            + manifest.logStart(),
                    null);
        }
        Optional<SegmentRun> rows = source.rows(manifest, offset);
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        Optional<SegmentEntry> entry = rows.get().entryAtOrAfter(offset);
        if (entry.isEmpty() || entry.get().baseOffset() >= archivedEnd) {
            if (offset >= manifest.archivedEnd()) {
                throw new CorruptObjectException(
                        "manifest ends below archivedEnd: partition="
                                + partition.id()
                                + ", manifest="
                                + manifest.ref()
                                + ", manifestEnd="
                                + manifest.archivedEnd()
                                + ", archivedEnd="
                                + archivedEnd
                                + ", offset="
                                + offset);
            }
            return Optional.of(new Place.Hole(Math.min(rows.get().endOffset(), archivedEnd)));
        }
        PackRef pack = PackRef.of(manifest, entry.get());
        Optional<PackIndex> index = source.pack(pack);
        return index.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Place.InSection(
                                pack,
                                section(pack, index.get(), partition.id()),
                                Math.max(offset, entry.get().baseOffset()),
                                Math.min(entry.get().endOffset(), archivedEnd),
                                true));
    }

    private static Optional<Place> inJournals(
            ColdSource source, PartitionView partition, long offset) throws ObjectStoreException {
        Optional<JournalIndex> found = source.journals(partition);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        JournalIndex journals = found.get();
        int generation = partition.shard().generation();
        long olderEnd = olderEnd(partition);
        Optional<JournalIndex.Piece> piece =
                journals.pieceAt(partition.id(), offset, generation, olderEnd);
        if (piece.isEmpty()) {
            journals.checkReadable();
            return Optional.of(
                    new Place.Hole(holeEnd(journals, partition, offset, generation, olderEnd)));
        }
        PackRef pack = piece.get().pack();
        Optional<PackIndex> index = source.pack(pack);
        return index.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Place.InSection(
                                pack,
                                section(pack, index.get(), partition.id()),
                                offset,
                                Math.min(piece.get().endOffset(), partition.highWatermark()),
                                false));
    }

    /// Offsets are dense but for those that a restore left out: between the restored end and the
    /// first offset of the new generation.
    private static long holeEnd(
            JournalIndex journals,
            PartitionView partition,
            long offset,
            int generation,
            long olderEnd)
            throws ObjectStoreException {
        long next =
                journals.pieceAfter(partition.id(), offset, generation)
                        .map(JournalIndex.Piece::baseOffset)
                        .orElse(partition.hotStart());
        boolean leftOut =
                offset >= olderEnd
                        && next > offset
                        && journals.pieceAt(partition.id(), next - 1, generation, olderEnd)
                                .isEmpty();
        if (!leftOut) {
            throw new ObjectStoreException.NotFound(
                    "no journal holds the offset: partition="
                            + partition.id()
                            + ", offset="
                            + offset
                            + ", archivedEnd="
                            + partition.archivedEnd()
                            + ", hotStart="
                            + partition.hotStart()
                            + ", shard="
                            + partition.shard(),
                    null);
        }
        return next;
    }

    /// Where what older generations wrote ends: the start of the first epoch of this one. There is
    /// no such place in the first generation.
    private static long olderEnd(PartitionView partition) {
        if (partition.shard().generation() == 1) {
            return Long.MAX_VALUE;
        }
        int firstEpoch = partition.state().baseEpoch();
        for (EpochStart epoch : partition.epochs()) {
            if (epoch.epoch() >= firstEpoch) {
                return epoch.startOffset();
            }
        }
        return partition.highWatermark();
    }

    static PackSection section(PackRef pack, PackIndex index, PartitionId partition) {
        return index.section(partition)
                .filter(PackSection::hasRecords)
                .orElseThrow(() ->
                        new CorruptObjectException(
                                "pack lacks the partition it is named for: object="
                                        + pack.key()
                                        + ", partition="
                                        + partition));
    }
}
