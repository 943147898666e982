// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.ProducerState;
import java.util.List;

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
        if (baseOffset < 0 || endOffset < baseOffset || position < 0 || length < 0) {
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
    }

    public boolean hasRecords() {
        return length > 0;
    }
}
