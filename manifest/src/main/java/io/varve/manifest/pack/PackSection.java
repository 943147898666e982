// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.ProducerState;
import java.util.List;
import java.util.function.Predicate;

/// One partition's part of a pack, as the pack's index tells it. A section without records has
/// baseOffset == endOffset and length 0 and carries control facts only.
///
/// @param position where the section's bytes start in the object
/// @param length bytes of the section
/// @param epochs leader epochs that occur here, each with the first offset of it in this section
/// @param aborted aborted transactions that touch this section
/// @param producers state after this section of every producer that occurs in it
/// @param facts control facts, in order
/// @param sparseIndex one point at least every 64 KiB of bytes, on batch borders, the first at the
///   section's start
/// @param chunkBytes size of the chunks that carry a checksum (the last one is shorter)
/// @param chunkCrcs CRC32C of each chunk of the section
public record PackSection(
        PartitionId partition,
        String topicName,
        long baseOffset,
        long endOffset,
        long firstTimestampMs,
        long maxTimestampMs,
        long position,
        long length,
        int batchCount,
        long recordCount,
        List<EpochStart> epochs,
        List<AbortedTxn> aborted,
        List<ProducerState> producers,
        List<ControlFact> facts,
        List<SparsePoint> sparseIndex,
        int chunkBytes,
        List<Integer> chunkCrcs) {

    /// Where to start reading: a batch border.
    ///
    /// @param offset base offset of the batch
    /// @param maxTimestampMs largest timestamp of the section before this point (so that a time
    ///   look-up may skip it)
    /// @param position bytes from the start of the section
    public record SparsePoint(long offset, long maxTimestampMs, long position) {}

    public PackSection {
        epochs = List.copyOf(epochs);
        aborted = List.copyOf(aborted);
        producers = List.copyOf(producers);
        facts = List.copyOf(facts);
        sparseIndex = List.copyOf(sparseIndex);
        chunkCrcs = List.copyOf(chunkCrcs);
        boolean empty = baseOffset == endOffset;
        if (baseOffset < 0
                || endOffset < baseOffset
                || position < 0
                || length < 0
                || empty != (length == 0)) {
            throw new IllegalArgumentException(
                    "bad section: partition="
                            + partition
                            + ", base="
                            + baseOffset
                            + ", end="
                            + endOffset
                            + ", position="
                            + position
                            + ", length="
                            + length);
        }
        if (chunkBytes <= 0 || chunkCrcs.size() != chunksOf(length, chunkBytes)) {
            throw new IllegalArgumentException(
                    "bad chunks: partition="
                            + partition
                            + ", length="
                            + length
                            + ", chunkBytes="
                            + chunkBytes
                            + ", crcs="
                            + chunkCrcs.size());
        }
        checkSparseIndex(partition, sparseIndex, endOffset, length);
    }

    private static long chunksOf(long length, int chunkBytes) {
        return (length + chunkBytes - 1) / chunkBytes;
    }

    private static void checkSparseIndex(
            PartitionId partition, List<SparsePoint> points, long endOffset, long length) {
        if (points.isEmpty() != (length == 0)) {
            throw new IllegalArgumentException(
                    "bad sparse index: partition="
                            + partition
                            + ", points="
                            + points.size()
                            + ", length="
                            + length);
        }
        SparsePoint last = null;
        for (SparsePoint point : points) {
            boolean ascends =
                    last == null
                            ? point.position() == 0
                            : point.position() > last.position()
                                    && point.offset() > last.offset()
                                    && point.maxTimestampMs() >= last.maxTimestampMs();
            if (!ascends || point.position() >= length || point.offset() >= endOffset) {
                throw new IllegalArgumentException(
                        "sparse index does not ascend: partition="
                                + partition
                                + ", point="
                                + point);
            }
            last = point;
        }
    }

    public boolean hasRecords() {
        return length > 0;
    }

    /// Number of chunks that carry a checksum.
    public int chunkCount() {
        return chunkCrcs.size();
    }

    /// Bytes of a chunk: `chunkBytes`, fewer for the last one.
    public int chunkLength(int chunk) {
        return (int) Math.min(chunkBytes, length - (long) chunk * chunkBytes);
    }

    /// Which chunk holds a byte of the section.
    public int chunkAt(long positionInSection) {
        return (int) (positionInSection / chunkBytes);
    }

    /// Where to start reading for an offset: the last point at or in front of it (the first point
    /// when it is below all).
    ///
    /// @throws IllegalStateException the section has no records
    public SparsePoint pointForOffset(long offset) {
        return lastPoint(point -> point.offset() <= offset);
    }

    /// Where to start looking for the first record at or after a time: nothing in front of this
    /// point is as late.
    ///
    /// @throws IllegalStateException the section has no records
    public SparsePoint pointForTime(long timestampMs) {
        return lastPoint(point -> point.maxTimestampMs() < timestampMs);
    }

    private SparsePoint lastPoint(Predicate<SparsePoint> holdsForFirstOnes) {
        if (sparseIndex.isEmpty()) {
            throw new IllegalStateException("section without records: partition=" + partition);
        }
        int low = 0;
        int high = sparseIndex.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (holdsForFirstOnes.test(sparseIndex.get(middle))) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return sparseIndex.get(low);
    }
}
