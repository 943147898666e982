// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Folds batches and changes of one partition into its state: offsets, epochs, producers,
/// transactions. A pure function of what it is given: the same calls give the same state on every
/// replica, in the journaler's shadow and at a recovery.
///
/// It judges nothing: sequences and epochs of producers were checked before the commit, here a
/// newer producer epoch simply replaces an older one. Gaps are impossible: a batch that does not
/// start at the high watermark is an error of the caller.
///
/// Everything that is folded is committed, so the last stable offset is the first offset of the
/// oldest open transaction.
///
/// Owner: the thread that folds. Snapshots are immutable and may go anywhere.
public final class PartitionLedger {
    private final PartitionId id;
    private final String topicName;
    private final int baseEpoch;
    private final EpochHistory epochs;
    private final ProducerTable producers;
    private final AbortedHistory aborted;
    private String topicRecord;
    private long logStart;
    private long archivedEnd;
    private long highWatermark;
    private ManifestRef manifest;
    private @Nullable PartitionState snapshot;

    private PartitionLedger(PartitionState state) {
        this.id = state.id();
        this.topicName = state.topicName();
        this.baseEpoch = state.baseEpoch();
        this.topicRecord = state.topicRecord();
        this.logStart = state.logStart();
        this.archivedEnd = state.archivedEnd();
        this.highWatermark = state.highWatermark();
        this.manifest = state.manifest();
        this.epochs = new EpochHistory(state.epochs());
        this.producers = new ProducerTable(state.producers());
        this.aborted = new AbortedHistory(state.aborted(), state.archivedEnd());
        this.snapshot = state;
    }

    /// A new partition whose first offset will be `startOffset` (0, or where a restored one goes
    /// on).
    public static PartitionLedger open(
            PartitionId id, String topicName, String topicRecord, int baseEpoch, long startOffset) {
        return from(
                new PartitionState(
                        id,
                        topicName,
                        topicRecord,
                        baseEpoch,
                        startOffset,
                        startOffset,
                        startOffset,
                        ManifestRef.NONE,
                        List.of(),
                        List.of(),
                        List.of()));
    }

    /// A partition as a checkpoint knew it.
    public static PartitionLedger from(PartitionState state) {
        return new PartitionLedger(state);
    }

    /// Appends one committed batch.
    ///
    /// @param leaderEpoch epoch of the leader that appended it: as in the batch
    /// @param frameTimeMs the leader's time of the frame that carried it
    /// @throws IllegalStateException the batch does not start at the high watermark, or its leader
    ///   epoch is below the last
    public void append(BatchFacts batch, int leaderEpoch, long frameTimeMs) {
        if (batch.baseOffset() != highWatermark) {
            throw new IllegalStateException(
                    "batch is not at the end of its partition: partition="
                            + id
                            + ", baseOffset="
                            + batch.baseOffset()
                            + ", highWatermark="
                            + highWatermark);
        }
        epochs.add(leaderEpoch, batch.baseOffset());
        appendProducer(batch, frameTimeMs);
        highWatermark = batch.endOffset();
        snapshot = null;
    }

    private void appendProducer(BatchFacts batch, long frameTimeMs) {
        if (!batch.hasProducer()) {
            return;
        }
        switch (batch.kind()) {
            case DATA -> producers.append(batch, frameTimeMs);
            case COMMIT_MARKER -> producers.endTransaction(batch, frameTimeMs);
            case ABORT_MARKER -> {
                // as Kafka: the stable end once this transaction is out of the way
                Optional<Long> firstOffset = producers.endTransaction(batch, frameTimeMs);
                firstOffset.ifPresent(first ->
                        aborted.add(
                                new AbortedTxn(
                                        batch.producerId(),
                                        first,
                                        batch.baseOffset(),
                                        producers.firstOpenOffset().orElse(batch.endOffset()))));
            }
        }
    }

    /// Takes in what a section of a pack says about the range from the high watermark to
    /// `endOffset`; afterwards this ledger is what [#append] of every batch of the section would
    /// have made it.
    ///
    /// @param epochs leader epochs of the section, each with its first offset there
    /// @param aborted aborted transactions; those whose marker is not in the range are passed over
    /// @param producers the state behind the section of every producer that occurs in it
    /// @throws IllegalStateException the section does not start at the high watermark
    public void appendFolded(
            long baseOffset,
            long endOffset,
            List<EpochStart> epochs,
            List<AbortedTxn> aborted,
            List<ProducerState> producers) {
        if (baseOffset != highWatermark || endOffset < baseOffset) {
            throw new IllegalStateException(
                    "section is not at the end of its partition: partition="
                            + id
                            + ", baseOffset="
                            + baseOffset
                            + ", endOffset="
                            + endOffset
                            + ", highWatermark="
                            + highWatermark);
        }
        epochs.forEach(epoch -> this.epochs.add(epoch.epoch(), epoch.startOffset()));
        producers.forEach(this.producers::replace);
        aborted.stream()
                .filter(txn -> txn.markerOffset() >= baseOffset && txn.markerOffset() < endOffset)
                .forEach(this.aborted::add);
        highWatermark = endOffset;
        snapshot = null;
    }

    /// Deletes what is below `offset`. What is deleted counts as archived.
    ///
    /// @return false when the start is already there or further: nothing changed
    /// @throws IllegalStateException the offset is behind the high watermark
    public boolean moveLogStart(long offset) {
        if (offset > highWatermark) {
            throw new IllegalStateException(
                    "log start behind the end: partition="
                            + id
                            + ", logStart="
                            + offset
                            + ", highWatermark="
                            + highWatermark);
        }
        if (offset <= logStart) {
            return false;
        }
        logStart = offset;
        archivedEnd = Math.max(archivedEnd, offset);
        epochs.dropBelow(offset);
        aborted.forgetBelow(offset);
        snapshot = null;
        return true;
    }

    /// Segment objects hold everything below `endOffset`, as manifest version `manifest` says.
    ///
    /// @return false when that was known: an end or version that is not newer changes nothing
    /// @throws IllegalStateException the end is behind the high watermark
    public boolean archived(long endOffset, ManifestRef manifest) {
        if (endOffset > highWatermark) {
            throw new IllegalStateException(
                    "archived end behind the end: partition="
                            + id
                            + ", archivedEnd="
                            + endOffset
                            + ", highWatermark="
                            + highWatermark);
        }
        boolean newer =
                manifest.generation() > this.manifest.generation()
                        || (manifest.generation() == this.manifest.generation()
                                && manifest.version() > this.manifest.version());
        if (!newer && endOffset <= archivedEnd) {
            return false;
        }
        if (newer) {
            this.manifest = manifest;
        }
        archivedEnd = Math.max(archivedEnd, endOffset);
        snapshot = null;
        return true;
    }

    /// The partition was opened behind records that are all in segment objects: it begins at
    /// `logStart`, as manifest version `manifest` says.
    ///
    /// @param epochs leader epochs of those records
    /// @throws IllegalStateException something was appended or archived already, or the start is
    ///   behind the end
    public void adopt(long logStart, ManifestRef manifest, List<EpochStart> epochs) {
        if (this.logStart != highWatermark
                || this.manifest.exists()
                || !this.epochs.all().isEmpty()
                || logStart > highWatermark) {
            throw new IllegalStateException(
                    "partition is not new: partition="
                            + id
                            + ", logStart="
                            + this.logStart
                            + ", highWatermark="
                            + highWatermark
                            + ", adoptedLogStart="
                            + logStart);
        }
        this.logStart = logStart;
        this.manifest = manifest;
        epochs.forEach(epoch -> this.epochs.add(epoch.epoch(), epoch.startOffset()));
        snapshot = null;
    }

    /// The topic's JSON as it is now.
    public void topicChanged(String topicRecord) {
        this.topicRecord = topicRecord;
        snapshot = null;
    }

    /// Forgets producers without an open transaction whose last batch is `maxAgeMs` or longer ago.
    /// Costs nothing while none can be that old.
    ///
    /// @return how many were forgotten
    public int expireProducers(long frameTimeMs, long maxAgeMs) {
        int expired = producers.expire(frameTimeMs, maxAgeMs);
        if (expired > 0) {
            snapshot = null;
        }
        return expired;
    }

    /// Forgets aborted transactions that end below `offset` (and below the archived end: those are
    /// in the bucket): nothing below is read from local disk any more. Changes no snapshot, so
    /// replicas may differ here.
    public void forgetAbortedBelow(long offset) {
        aborted.forgetBelow(Math.min(offset, archivedEnd));
    }

    /// Aborted transactions that touch `[baseOffset, endOffset)`, by marker offset. Complete only
    /// from [#abortedKnownFrom] on; below, the indexes of segment objects tell.
    public List<AbortedTxn> abortedIn(long baseOffset, long endOffset) {
        return aborted.touching(baseOffset, endOffset);
    }

    /// From this offset on, [#abortedIn] knows every aborted transaction.
    public long abortedKnownFrom() {
        return aborted.knownFrom();
    }

    /// End offset of a leader epoch, as Kafka's OffsetForLeaderEpoch wants it.
    ///
    /// @return the largest known epoch that is not above `epoch` (or `epoch` itself when it is
    ///   older than all known) and where it ends; empty when `epoch` is newer than all known
    public Optional<EpochEnd> endOffsetForEpoch(int epoch) {
        return epochs.endOf(epoch, highWatermark);
    }

    /// Where a leader epoch ends, exclusive.
    public record EpochEnd(int epoch, long endOffset) {}

    /// The state as it is now. Cheap when nothing changed since the last one.
    public PartitionState snapshot() {
        PartitionState current = snapshot;
        if (current == null) {
            current =
                    new PartitionState(
                            id,
                            topicName,
                            topicRecord,
                            baseEpoch,
                            logStart,
                            archivedEnd,
                            highWatermark,
                            manifest,
                            epochs.all(),
                            aborted.endingFrom(archivedEnd),
                            producers.all());
            snapshot = current;
        }
        return current;
    }

    public PartitionId id() {
        return id;
    }

    public String topicName() {
        return topicName;
    }

    public String topicRecord() {
        return topicRecord;
    }

    public int baseEpoch() {
        return baseEpoch;
    }

    public long logStart() {
        return logStart;
    }

    public long archivedEnd() {
        return archivedEnd;
    }

    public long highWatermark() {
        return highWatermark;
    }

    public ManifestRef manifest() {
        return manifest;
    }

    /// End of what a read_committed consumer may see: the first offset of the oldest open
    /// transaction, or the high watermark.
    public long lastStableOffset() {
        return Math.max(logStart, producers.firstOpenOffset().orElse(highWatermark));
    }

    /// What is known of a producer.
    public Optional<ProducerState> producer(long producerId) {
        return producers.get(producerId);
    }

    /// All producers, by id.
    public List<ProducerState> producers() {
        return producers.all();
    }

    /// Producers that have a transaction open, by its first offset.
    public List<ProducerState> openTransactions() {
        return producers.open();
    }

    /// Epochs with the first offset of each, oldest first.
    public List<EpochStart> epochs() {
        return epochs.all();
    }

    /// The newest leader epoch that wrote something; empty when none did.
    public OptionalInt latestEpoch() {
        return epochs.latest();
    }

    @Override
    public String toString() {
        return "ledger of "
                + topicName
                + " "
                + id
                + ": logStart="
                + logStart
                + ", archivedEnd="
                + archivedEnd
                + ", highWatermark="
                + highWatermark;
    }
}
