// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackSection.SparsePoint;
import io.varve.manifest.state.EpochStart;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads all bytes of one section, some chunks at a time: each chunk's and each batch's checksum,
/// and whether the batches are those that the index tells. At most [#READ_BYTES], one chunk and one
/// batch are in memory. Owner: the caller's thread.
final class SectionWalk {
    private static final int READ_BYTES = 4 << 20;

    private final Chunks chunks;
    private final PackSection section;
    private final List<EpochStart> epochs = new ArrayList<>();
    private ByteBuffer carried = ByteBuffer.allocate(0);
    private long position;
    private long offset;
    private long firstTimestampMs = -1;
    private long maxTimestampMs = -1;
    private int batches;
    private long records;
    private int points;
    private @Nullable Mismatch mismatch;

    /// The first thing in which batches and index differ.
    record Mismatch(Kind kind, String fact) {}

    /// Gives chunks of the section, each checked.
    @FunctionalInterface
    interface Chunks {
        /// @throws io.varve.manifest.CorruptObjectException a checksum is wrong
        ByteBuffer read(int first, int end) throws ObjectStoreException;
    }

    /// Reads the section from the store.
    static SectionWalk from(ObjectStore store, String key, PackSection section) {
        return new SectionWalk(
                (first, end) -> PackReader.readChunks(store, key, section, first, end), section);
    }

    /// Takes the section out of a whole object that was fetched.
    ///
    /// @param object from position 0 to its limit
    static SectionWalk in(ByteBuffer object, String key, PackSection section) {
        return new SectionWalk(
                (first, end) -> {
                    int from = Math.toIntExact(section.position());
                    for (int chunk = first; chunk < end; chunk++) {
                        PackReader.checkChunk(
                                key,
                                section,
                                chunk,
                                object.slice(
                                        from + chunk * section.chunkBytes(),
                                        section.chunkLength(chunk)));
                    }
                    int last = end - 1;
                    return object.slice(
                            from + first * section.chunkBytes(),
                            (last - first) * section.chunkBytes() + section.chunkLength(last));
                },
                section);
    }

    private SectionWalk(Chunks chunks, PackSection section) {
        this.chunks = chunks;
        this.section = section;
        this.offset = section.baseOffset();
    }

    /// @throws io.varve.manifest.CorruptObjectException a checksum is wrong, or the bytes are no
    ///   batches
    Optional<Mismatch> read() throws ObjectStoreException {
        int step = Math.max(1, READ_BYTES / section.chunkBytes());
        for (int chunk = 0; chunk < section.chunkCount() && mismatch == null; chunk += step) {
            take(chunks.read(chunk, Math.min(section.chunkCount(), chunk + step)));
        }
        if (mismatch == null) {
            compareTotals();
        }
        return Optional.ofNullable(mismatch);
    }

    private void take(ByteBuffer more) {
        ByteBuffer joined = ByteBuffer.allocate(carried.remaining() + more.remaining());
        joined.put(carried).put(more.slice()).flip();
        ByteBuffer whole = Batches.whole(joined);
        for (BatchHeader batch : Batches.in(whole)) {
            batch.verify();
            take(batch);
            if (mismatch != null) {
                return;
            }
        }
        carried = joined.slice(whole.remaining(), joined.remaining() - whole.remaining());
    }

    private void take(BatchHeader batch) {
        expect(Kind.BATCH_MISMATCH, "baseOffset", batch.baseOffset(), offset);
        if (points < section.sparseIndex().size()
                && section.sparseIndex().get(points).position() == position) {
            SparsePoint point = section.sparseIndex().get(points);
            expect(
                    Kind.BATCH_MISMATCH,
                    "offset of a sparse point",
                    batch.baseOffset(),
                    point.offset());
            points++;
        }
        int epoch = batch.partitionLeaderEpoch();
        if (epochs.isEmpty() || epochs.getLast().epoch() != epoch) {
            if (!epochs.isEmpty() && epochs.getLast().epoch() > epoch) {
                mismatch =
                        new Mismatch(
                                Kind.EPOCH_REGRESSION,
                                "leader epoch goes back: offset="
                                        + batch.baseOffset()
                                        + ", epoch="
                                        + epoch
                                        + ", before="
                                        + epochs.getLast().epoch());
            }
            epochs.add(new EpochStart(epoch, batch.baseOffset()));
        }
        if (batches == 0) {
            firstTimestampMs = batch.baseTimestampMs();
        }
        maxTimestampMs = Math.max(maxTimestampMs, batch.maxTimestampMs());
        batches++;
        records += batch.recordCount();
        offset = batch.endOffset();
        position += batch.sizeInBytes();
    }

    private void compareTotals() {
        expect(Kind.BATCH_MISMATCH, "bytes behind the last batch", carried.remaining(), 0);
        expect(Kind.BATCH_MISMATCH, "endOffset", offset, section.endOffset());
        expect(Kind.BATCH_MISMATCH, "batches", batches, section.batchCount());
        expect(Kind.BATCH_MISMATCH, "records", records, section.recordCount());
        expect(
                Kind.BATCH_MISMATCH,
                "first timestamp",
                firstTimestampMs,
                section.firstTimestampMs());
        expect(Kind.BATCH_MISMATCH, "max timestamp", maxTimestampMs, section.maxTimestampMs());
        expect(
                Kind.BATCH_MISMATCH,
                "sparse points on batch borders",
                points,
                section.sparseIndex().size());
        if (mismatch == null && !epochs.equals(section.epochs())) {
            mismatch =
                    new Mismatch(
                            Kind.BATCH_MISMATCH,
                            "epochs=" + epochs + ", index=" + section.epochs());
        }
    }

    private void expect(Kind kind, String what, long found, long expected) {
        if (mismatch == null && found != expected) {
            mismatch =
                    new Mismatch(
                            kind,
                            what
                                    + "="
                                    + found
                                    + ", index="
                                    + expected
                                    + ", batchAt="
                                    + position
                                    + ", offset="
                                    + offset);
        }
    }
}
