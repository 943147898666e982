// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendTicket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/// Partitions in memory that survive their coordinator. While `holding`, nothing that is appended
/// becomes committed.
final class MemoryOffsetsLog implements OffsetsLog {
    private record Batch(
            long baseOffset,
            long endOffset,
            ByteBuffer bytes,
            CompletableFuture<AppendOutcome> done) {}

    private static final class Partition {
        final List<Batch> batches = new ArrayList<>();
        long end;
        long highWatermark;
    }

    private final Map<Integer, Partition> partitions = new HashMap<>();
    private IntConsumer applied = partition -> {};
    private int leaderEpoch = 5;
    private boolean writable = true;
    private boolean holding;
    private int appends;

    MemoryOffsetsLog(int count) {
        for (int partition = 0; partition < count; partition++) {
            partitions.put(partition, new Partition());
        }
    }

    synchronized void onApplied(IntConsumer listener) {
        applied = listener;
    }

    synchronized int appends() {
        return appends;
    }

    synchronized void hold(boolean now) {
        holding = now;
        if (!now) {
            partitions.keySet().forEach(this::commit);
        }
    }

    /// Leadership is lost; what was not committed is gone.
    synchronized void lose() {
        writable = false;
        holding = false;
        partitions
                .values()
                .forEach(partition -> {
                    partition.batches.removeIf(
                            batch -> batch.baseOffset() >= partition.highWatermark);
                    partition.end = partition.highWatermark;
                });
    }

    synchronized void lead(int epoch) {
        leaderEpoch = epoch;
        writable = true;
    }

    /// Another leader's record is committed here, at whatever the next offset is.
    synchronized void foreign(int partition, int epoch) {
        leaderEpoch = epoch;
        Partition known = partitions.get(partition);
        known.end++;
        known.highWatermark = known.end;
        applied.accept(partition);
    }

    private void commit(int partition) {
        Partition known = partitions.get(partition);
        known.highWatermark = known.end;
        applied.accept(partition);
        known.batches.forEach(batch ->
                batch.done()
                        .complete(
                                new AppendOutcome.Appended(
                                        batch.baseOffset(),
                                        batch.endOffset(),
                                        OptionalLong.empty(),
                                        0)));
    }

    @Override
    public OptionalInt partitionCount() {
        return OptionalInt.of(partitions.size());
    }

    @Override
    public synchronized OptionalInt writableEpoch(int partition) {
        return writable ? OptionalInt.of(leaderEpoch) : OptionalInt.empty();
    }

    @Override
    public synchronized Optional<Ends> ends(int partition) {
        Partition known = partitions.get(partition);
        return Optional.of(new Ends(0, known.highWatermark, known.end, leaderEpoch));
    }

    @Override
    public AppendTicket append(
            int partition, ByteBuffer batches, int epoch, short transactionVersion) {
        synchronized (this) {
            if (!writable || epoch != leaderEpoch) {
                return AppendTicket.answered(
                        new AppendOutcome.Refused(Errors.NOT_LEADER_OR_FOLLOWER, "lost"));
            }
            appends++;
            Partition known = partitions.get(partition);
            long base = known.end;
            ByteBuffer copy = ByteBuffer.allocate(batches.remaining());
            copy.put(batches.duplicate()).flip();
            for (MutableRecordBatch batch : MemoryRecords.readableRecords(copy).batches()) {
                known.end += batch.countOrNull();
                batch.setLastOffset(known.end - 1);
            }
            CompletableFuture<AppendOutcome> done = new CompletableFuture<>();
            known.batches.add(new Batch(base, known.end, copy, done));
            if (!holding) {
                commit(partition);
            }
            return new AppendTicket(
                    CompletableFuture.completedFuture(
                            new AppendTicket.Assigned.At(base, known.end)),
                    done);
        }
    }

    @Override
    public synchronized CompletableFuture<ByteBuffer> read(
            int partition, long offset, int maxBytes) {
        Partition known = partitions.get(partition);
        for (Batch batch : known.batches) {
            if (batch.endOffset() > offset && batch.endOffset() <= known.highWatermark) {
                return CompletableFuture.completedFuture(batch.bytes().duplicate());
            }
        }
        return CompletableFuture.completedFuture(ByteBuffer.allocate(0));
    }
}
