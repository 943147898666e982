// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.ProducerState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Applied state that a test sets. Owner: the test's thread; read by others.
public final class ViewedPartition implements PartitionView {
    private final PartitionId id;
    private final ShardId shard;
    private final List<EpochStart> epochs = new ArrayList<>();
    public final List<AbortedTxn> aborted = new ArrayList<>();
    public volatile int epoch = 3;
    public volatile long logStart;
    public volatile long hotStart;
    public volatile long archivedEnd;

    /// Negative: from archivedEnd on, as after a start.
    public volatile long abortedKnownFrom = -1;

    public volatile long highWatermark;

    /// What is appended and not committed.
    public volatile long uncommitted;

    public volatile long lastStableOffset = Long.MAX_VALUE;
    public volatile PartitionState.ManifestRef manifest = PartitionState.ManifestRef.NONE;

    ViewedPartition(PartitionId id, ShardId shard, long start) {
        this.id = id;
        this.shard = shard;
        this.logStart = start;
        this.hotStart = start;
        this.archivedEnd = start;
        this.highWatermark = start;
    }

    void appended(BatchHeader batch) {
        if (epochs.isEmpty() || epochs.getLast().epoch() != batch.partitionLeaderEpoch()) {
            epochs.add(new EpochStart(batch.partitionLeaderEpoch(), batch.baseOffset()));
        }
        highWatermark = batch.endOffset();
    }

    @Override
    public PartitionId id() {
        return id;
    }

    @Override
    public ShardId shard() {
        return shard;
    }

    @Override
    public PartitionState state() {
        return new PartitionState(
                id,
                topicName(),
                "",
                0,
                logStart,
                archivedEnd,
                highWatermark,
                manifest,
                epochs,
                aborted,
                List.of());
    }

    @Override
    public String topicName() {
        return "orders";
    }

    @Override
    public String topicRecord() {
        return "";
    }

    @Override
    public long logStart() {
        return logStart;
    }

    @Override
    public long hotStart() {
        return hotStart;
    }

    @Override
    public long archivedEnd() {
        return archivedEnd;
    }

    @Override
    public long highWatermark() {
        return highWatermark;
    }

    @Override
    public long lastStableOffset() {
        return Math.min(lastStableOffset, highWatermark);
    }

    @Override
    public long appendedEnd() {
        return highWatermark + uncommitted;
    }

    @Override
    public int leaderEpoch() {
        return epoch;
    }

    @Override
    public List<EpochStart> epochs() {
        return List.copyOf(epochs);
    }

    @Override
    public Optional<EpochEnd> endOffsetForEpoch(int epoch) {
        return Optional.empty();
    }

    @Override
    public long abortedKnownFrom() {
        return abortedKnownFrom < 0 ? archivedEnd : abortedKnownFrom;
    }

    @Override
    public List<AbortedTxn> abortedIn(long from, long to) {
        return aborted.stream()
                .filter(txn -> txn.firstOffset() < to && txn.markerOffset() >= from)
                .filter(txn -> txn.markerOffset() >= abortedKnownFrom())
                .toList();
    }

    @Override
    public PartitionState.ManifestRef manifest() {
        return manifest;
    }

    @Override
    public Collection<ProducerState> producers() {
        return List.of();
    }

    @Override
    public long localBytes() {
        return 0;
    }

    @Override
    public List<HotRange> hotRows(long offset, long maxBytes) {
        return List.of();
    }

    @Override
    public Optional<HotRange> hotRowForTimestamp(long timestampMs) {
        return Optional.empty();
    }

    @Override
    public Optional<HotLease> lease(HotRange range) {
        return Optional.empty();
    }

    @Override
    public boolean closed() {
        return false;
    }
}
