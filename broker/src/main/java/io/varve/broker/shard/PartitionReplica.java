// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.ProducerState;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One partition's applied state: a ledger that the apply thread folds, and what readers see of it.
///
/// The ends are volatile copies, published after each change in an order in which they agree: an
/// offset below the high watermark that a reader saw has its row and its state. Everything else is
/// read from the ledger under a lock that is held for one look-up at a time.
///
/// Thread-safe; [#change] belongs to the apply thread, [#appended] to the writer thread.
final class PartitionReplica implements PartitionView {
    private final ShardId shard;
    private final LocalData local;
    private final LongSupplier newestTerm;
    private final ReentrantLock lock = new ReentrantLock();
    private final PartitionLedger ledger; // guarded by lock
    private final AppendHistory history = new AppendHistory(); // guarded by lock
    private final int baseEpoch;

    private volatile String topicRecord;
    private volatile long logStart;
    private volatile long archivedEnd;
    private volatile long highWatermark;
    private volatile long lastStableOffset;
    private volatile long appendedEnd;
    private volatile PartitionState.ManifestRef manifest;
    private volatile boolean closed;

    /// What the local disk holds of a partition.
    interface LocalData {
        /// First offset on local disk that may be served, or empty when there is none.
        Optional<Long> hotStart(PartitionId id);

        long localBytes(PartitionId id);

        List<HotRange> rows(PartitionId id, long offset, long maxBytes);

        Optional<HotRange> rowForTimestamp(PartitionId id, long timestampMs);

        Optional<HotLease> lease(HotRange range) throws IOException;
    }

    PartitionReplica(
            ShardId shard, PartitionLedger ledger, LocalData local, LongSupplier newestTerm) {
        this.shard = shard;
        this.ledger = ledger;
        this.local = local;
        this.newestTerm = newestTerm;
        this.baseEpoch = ledger.baseEpoch();
        this.topicRecord = ledger.topicRecord();
        this.manifest = ledger.manifest();
        publish();
    }

    private void publish() {
        topicRecord = ledger.topicRecord();
        manifest = ledger.manifest();
        highWatermark = ledger.highWatermark();
        lastStableOffset = ledger.lastStableOffset();
        archivedEnd = ledger.archivedEnd();
        logStart = ledger.logStart();
    }

    /// Changes the ledger and shows the result. Apply thread.
    <T> T change(Function<PartitionLedger, T> change) {
        lock.lock();
        try {
            T result = change.apply(ledger);
            publish();
            return result;
        } finally {
            lock.unlock();
        }
    }

    /// Changes the ledger; readers see it with [#show]. Apply thread.
    void changeUnseen(Consumer<PartitionLedger> change) {
        lock.lock();
        try {
            change.accept(ledger);
        } finally {
            lock.unlock();
        }
    }

    /// Readers see what was changed: what is below the high watermark has its row by now. Apply
    /// thread.
    void show() {
        lock.lock();
        try {
            publish();
        } finally {
            lock.unlock();
        }
    }

    /// End of what is applied, seen or not. Apply thread.
    long appliedEnd() {
        return read(PartitionLedger::highWatermark);
    }

    private <T> T read(Function<PartitionLedger, T> look) {
        lock.lock();
        try {
            return look.apply(ledger);
        } finally {
            lock.unlock();
        }
    }

    /// Inside [#change] only.
    AppendHistory history() {
        return history;
    }

    /// When the record at this offset was appended, by the leader's time; empty when nothing is
    /// behind it.
    OptionalLong appendedAt(long offset) {
        return read(state ->
                offset < state.highWatermark() ? history.timeOf(offset) : OptionalLong.empty());
    }

    /// Bytes from this offset on, roughly.
    long bytesSince(long offset) {
        return read(state -> offset < state.highWatermark() ? history.bytesSince(offset) : 0L);
    }

    void close() {
        closed = true;
    }

    /// The leader assigned offsets up to here. Writer thread.
    void appended(long end) {
        appendedEnd = end;
    }

    int baseEpoch() {
        return baseEpoch;
    }

    /// What is applied of one producer.
    @Nullable ProducerState producer(long producerId) {
        return read(state -> state.producer(producerId)).orElse(null);
    }

    @Override
    public PartitionId id() {
        return ledger.id();
    }

    @Override
    public ShardId shard() {
        return shard;
    }

    @Override
    public PartitionState state() {
        return read(PartitionLedger::snapshot);
    }

    @Override
    public String topicName() {
        return ledger.topicName();
    }

    @Override
    public String topicRecord() {
        return topicRecord;
    }

    @Override
    public long logStart() {
        return logStart;
    }

    @Override
    public long hotStart() {
        long held = local.hotStart(id()).orElse(highWatermark);
        return Math.max(logStart, held);
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
        return lastStableOffset;
    }

    @Override
    public long appendedEnd() {
        return Math.max(appendedEnd, highWatermark);
    }

    @Override
    public int leaderEpoch() {
        return Math.toIntExact(baseEpoch + newestTerm.getAsLong());
    }

    @Override
    public List<EpochStart> epochs() {
        return read(PartitionLedger::epochs);
    }

    @Override
    public Optional<EpochEnd> endOffsetForEpoch(int epoch) {
        int current = leaderEpoch();
        if (epoch > current) {
            return Optional.empty();
        }
        return read(state -> {
            int latest = state.latestEpoch().orElse(-1);
            if (epoch > latest) {
                // Nothing was written in it yet: it ends where the log ends, under the newest epoch
                // that wrote something.
                return Optional.of(
                        new EpochEnd(
                                epoch == current ? epoch : Math.max(latest, 0),
                                state.highWatermark()));
            }
            return state.endOffsetForEpoch(epoch)
                    .map(end -> new EpochEnd(end.epoch(), end.endOffset()));
        });
    }

    @Override
    public List<AbortedTxn> abortedIn(long from, long to) {
        return read(state -> state.abortedIn(from, to));
    }

    @Override
    public long abortedKnownFrom() {
        return read(PartitionLedger::abortedKnownFrom);
    }

    /// Local disk does not serve what is below: nobody asks here about transactions that ended
    /// there, once segments hold them. Any thread: nothing that replicas must agree on changes.
    void forgetAbortedBelow(long offset) {
        lock.lock();
        try {
            ledger.forgetAbortedBelow(offset);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public PartitionState.ManifestRef manifest() {
        return manifest;
    }

    @Override
    public Collection<ProducerState> producers() {
        return read(PartitionLedger::producers);
    }

    @Override
    public long localBytes() {
        return local.localBytes(id());
    }

    @Override
    public List<HotRange> hotRows(long offset, long maxBytes) {
        return local.rows(id(), offset, maxBytes);
    }

    @Override
    public Optional<HotRange> hotRowForTimestamp(long timestampMs) {
        return local.rowForTimestamp(id(), timestampMs);
    }

    @Override
    public Optional<HotLease> lease(HotRange range) throws IOException {
        return local.lease(range);
    }

    @Override
    public boolean closed() {
        return closed;
    }
}
