// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.ShardListener;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/// A metadata log in memory that survives its readers: each attached reader hears all batches from
/// the first. It lies on demand: it swallows a batch's answer, or the batch itself.
final class MemoryMetadataLog implements MetadataLog {
    enum Fate {
        APPLIED,
        APPLIED_UNANSWERED,
        LOST_UNANSWERED
    }

    private record Entry(long baseOffset, long endOffset, ByteBuffer batch) {}

    private final List<Entry> entries = new ArrayList<>();
    private final List<ShardListener> readers = new ArrayList<>();
    private long end;
    Fate nextFate = Fate.APPLIED;
    long term = 1;

    synchronized void attach(ShardListener reader) {
        entries.forEach(entry ->
                reader.onMetadataRecords(
                        entry.baseOffset(), entry.endOffset(), entry.batch().duplicate()));
        readers.add(reader);
    }

    synchronized void detachAll() {
        readers.clear();
    }

    synchronized int batches() {
        return entries.size();
    }

    @Override
    public CompletableFuture<Boolean> ensureOpen(long inTerm) {
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public synchronized CompletableFuture<AppendOutcome> append(ByteBuffer batch, long inTerm) {
        if (inTerm != term) {
            return CompletableFuture.completedFuture(
                    new AppendOutcome.Refused(Errors.NOT_LEADER_OR_FOLLOWER, "another term"));
        }
        Fate fate = nextFate;
        nextFate = Fate.APPLIED;
        if (fate == Fate.LOST_UNANSWERED) {
            return new CompletableFuture<>();
        }
        long base = end;
        for (MutableRecordBatch each : MemoryRecords.readableRecords(batch.duplicate()).batches()) {
            end += each.countOrNull();
            each.setLastOffset(end - 1);
        }
        Entry entry = new Entry(base, end, batch.duplicate());
        entries.add(entry);
        readers.forEach(
                reader -> reader.onMetadataRecords(base, entry.endOffset(), batch.duplicate()));
        return fate == Fate.APPLIED_UNANSWERED
                ? new CompletableFuture<>()
                : CompletableFuture.completedFuture(
                        new AppendOutcome.Appended(
                                base, entry.endOffset(), OptionalLong.empty(), 0));
    }
}
