// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.batch.CorruptBatchException;
import io.varve.manifest.pack.PackSection.SparsePoint;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.ProducerState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// One section of a pack being written: checks the batches, passes their bytes on, derives the
/// section's index entry by folding them into a ledger. Made by [PackWriter]. After an exception
/// the whole pack is to be thrown away. Owner: the writer's thread.
public final class SectionBuilder {
    /// A sparse point is set in front of a batch that would end further than this behind the last
    /// point ...
    static final int SPARSE_POINT_BYTES_MAX = 64 << 10;

    /// ... but not closer to it than this.
    static final int SPARSE_POINT_BYTES_MIN = 4 << 10;

    private static final long NO_TIMESTAMP = -1;

    /// Takes bytes; keeps or writes them.
    @FunctionalInterface
    interface Output {
        void write(ByteBuffer bytes) throws IOException;
    }

    private final PartitionLedger ledger;
    private final @Nullable List<AbortedTxn> abortedByCaller;
    private final int chunkBytes;
    private final Output output;
    private final long baseOffset;
    private final List<ControlFact> facts = new ArrayList<>();
    private final List<EpochStart> epochs = new ArrayList<>();
    private final List<SparsePoint> sparseIndex = new ArrayList<>();
    private final List<Integer> chunkCrcs = new ArrayList<>();
    private final TreeSet<Long> producerIds = new TreeSet<>();
    private final CRC32C chunkCrc = new CRC32C();
    private int chunkFilled;
    private long length;
    private int batchCount;
    private long recordCount;
    private long firstTimestampMs = NO_TIMESTAMP;
    private long maxTimestampMs = NO_TIMESTAMP;
    private boolean sealed;

    SectionBuilder(
            PartitionLedger ledger,
            @Nullable List<AbortedTxn> abortedByCaller,
            int chunkBytes,
            Output output) {
        this.ledger = ledger;
        this.abortedByCaller = abortedByCaller;
        this.chunkBytes = chunkBytes;
        this.output = output;
        this.baseOffset = ledger.highWatermark();
    }

    /// Appends whole batches that follow on what is there. The buffer's bytes are not copied when
    /// the pack stays in memory: they must not change until the put of the pack has returned.
    ///
    /// @param frameTimeMs the leader's time of the frame that carried them
    /// @throws CorruptBatchException a batch is damaged: nothing of this buffer was taken
    /// @throws IllegalStateException a batch does not start where the last one ended
    public SectionBuilder append(ByteBuffer batches, long frameTimeMs) throws IOException {
        check(batches);
        for (BatchHeader batch : Batches.in(batches)) {
            take(batch, frameTimeMs);
        }
        pass(batches);
        return this;
    }

    /// As the other one, for batches whose frame is not known any more: producers are as old as
    /// their batches' timestamps.
    public SectionBuilder append(ByteBuffer batches) throws IOException {
        check(batches);
        for (BatchHeader batch : Batches.in(batches)) {
            take(batch, batch.maxTimestampMs());
        }
        pass(batches);
        return this;
    }

    /// Adds a change that is no record. `Opened` comes first, if at all; the ledger given was
    /// opened accordingly.
    public SectionBuilder fact(ControlFact fact) {
        checkOpen();
        if (fact instanceof ControlFact.Opened opened) {
            if (!facts.isEmpty() || length > 0 || opened.startOffset() != baseOffset) {
                throw new IllegalStateException(
                        "opened is not the first fact: partition="
                                + ledger.id()
                                + ", startOffset="
                                + opened.startOffset()
                                + ", baseOffset="
                                + baseOffset);
            }
        } else {
            SectionFold.applyFact(ledger, fact);
        }
        facts.add(fact);
        return this;
    }

    /// Which partition this is a section of.
    public PartitionId partition() {
        return ledger.id();
    }

    /// First offset behind what was appended.
    public long endOffset() {
        return ledger.highWatermark();
    }

    /// Bytes appended so far.
    public long bytes() {
        return length;
    }

    private void checkOpen() {
        if (sealed) {
            throw new IllegalStateException("section is sealed: partition=" + ledger.id());
        }
    }

    private void check(ByteBuffer batches) {
        checkOpen();
        for (BatchHeader batch : Batches.in(batches)) {
            batch.verify();
        }
    }

    private void take(BatchHeader batch, long frameTimeMs) {
        BatchFacts batchFacts = batch.facts();
        addSparsePoint(batch);
        ledger.append(batchFacts, batch.partitionLeaderEpoch(), frameTimeMs);
        if (batchFacts.hasProducer()) {
            producerIds.add(batchFacts.producerId());
        }
        if (epochs.isEmpty() || epochs.getLast().epoch() != batch.partitionLeaderEpoch()) {
            epochs.add(new EpochStart(batch.partitionLeaderEpoch(), batch.baseOffset()));
        }
        if (length == 0) {
            firstTimestampMs = batch.baseTimestampMs();
        }
        maxTimestampMs = Math.max(maxTimestampMs, batch.maxTimestampMs());
        length += batch.sizeInBytes();
        batchCount++;
        recordCount += batch.recordCount();
    }

    private void addSparsePoint(BatchHeader batch) {
        if (!sparseIndex.isEmpty()) {
            long distance = length - sparseIndex.getLast().position();
            if (distance < SPARSE_POINT_BYTES_MIN
                    || distance + batch.sizeInBytes() <= SPARSE_POINT_BYTES_MAX) {
                return;
            }
        }
        sparseIndex.add(new SparsePoint(batch.baseOffset(), maxTimestampMs, length));
    }

    private void pass(ByteBuffer batches) throws IOException {
        ByteBuffer rest = batches.slice();
        while (rest.hasRemaining()) {
            int part = Math.min(rest.remaining(), chunkBytes - chunkFilled);
            chunkCrc.update(rest.slice(rest.position(), part));
            rest.position(rest.position() + part);
            chunkFilled += part;
            if (chunkFilled == chunkBytes) {
                endChunk();
            }
        }
        output.write(batches.slice());
    }

    private void endChunk() {
        chunkCrcs.add((int) chunkCrc.getValue());
        chunkCrc.reset();
        chunkFilled = 0;
    }

    void seal() {
        if (!sealed && chunkFilled > 0) {
            endChunk();
        }
        sealed = true;
    }

    /// The entry of the index. Seals the section.
    ///
    /// @param position where the section starts in the pack
    PackSection toSection(long position) {
        seal();
        return new PackSection(
                ledger.id(),
                ledger.topicName(),
                baseOffset,
                ledger.highWatermark(),
                firstTimestampMs,
                maxTimestampMs,
                position,
                length,
                batchCount,
                recordCount,
                epochs,
                aborted(),
                producers(),
                facts,
                sparseIndex,
                chunkBytes,
                chunkCrcs);
    }

    private List<AbortedTxn> aborted() {
        long end = ledger.highWatermark();
        List<AbortedTxn> known =
                abortedByCaller == null ? ledger.abortedIn(baseOffset, end) : abortedByCaller;
        return known.stream()
                .filter(txn -> txn.markerOffset() >= baseOffset && txn.firstOffset() < end)
                .toList();
    }

    private List<ProducerState> producers() {
        return producerIds.stream().map(ledger::producer).flatMap(Optional::stream).toList();
    }
}
