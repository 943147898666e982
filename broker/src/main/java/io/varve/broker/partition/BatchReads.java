// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.network.OutgoingRecords;
import io.varve.broker.shard.PartitionView;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/// Committed batches of a partition in memory, over both tiers, for those inside the broker who
/// read a log: coordinators that load their state. Thread-safe; nothing blocks the caller.
public final class BatchReads {
    private final PartitionReads reads;
    private final Executor threads;

    /// @param threads threads that may read the local disk
    public BatchReads(PartitionReads reads, Executor threads) {
        this.reads = reads;
        this.threads = threads;
    }

    /// Whole batches, of which the first holds `offset` or is the next one behind it, up to the
    /// high watermark.
    ///
    /// @param maxBytes about how much; at least one batch is given whatever its size
    /// @return completes with the batches, empty when nothing is committed at or behind `offset`;
    ///   fails with an [IOException] when they cannot be read
    public CompletableFuture<ByteBuffer> read(PartitionView partition, long offset, int maxBytes) {
        CompletableFuture<ByteBuffer> outcome = new CompletableFuture<>();
        threads.execute(() -> read(partition, offset, maxBytes, outcome));
        return outcome;
    }

    private void read(
            PartitionView partition,
            long offset,
            int maxBytes,
            CompletableFuture<ByteBuffer> outcome) {
        try {
            long from = Math.max(offset, partition.logStart());
            switch (reads.read(partition, from, maxBytes, false, true)) {
                case ReadOutcome.Ready ready -> outcome.complete(inMemory(ready.records()));
                case ReadOutcome.Pending pending -> {
                    CompletableFuture<?> _ =
                            pending.loaded()
                                    .whenCompleteAsync(
                                            (_, _) -> read(partition, offset, maxBytes, outcome),
                                            threads);
                }
                case ReadOutcome.AtEnd _ -> outcome.complete(ByteBuffer.allocate(0));
                case ReadOutcome.OutOfRange out -> {
                    if (from > out.endOffset()) {
                        outcome.complete(ByteBuffer.allocate(0));
                    } else {
                        read(partition, out.startOffset(), maxBytes, outcome);
                    }
                }
                case ReadOutcome.Failed failed ->
                        outcome.completeExceptionally(
                                new IOException(
                                        "partition cannot be read: partition="
                                                + partition.id()
                                                + ", offset="
                                                + from
                                                + ", error="
                                                + failed.error()
                                                + ", "
                                                + failed.message()));
            }
        } catch (IOException | RuntimeException failure) {
            outcome.completeExceptionally(failure);
        }
    }

    /// The bytes of records, in one buffer. Releases them.
    static ByteBuffer inMemory(OutgoingRecords records) throws IOException {
        try {
            if (records.parts().size() == 1
                    && records.parts().getFirst() instanceof OutgoingRecords.BufferPart one) {
                return one.bytes().slice();
            }
            ByteBuffer all = ByteBuffer.allocate(records.sizeInBytes());
            for (OutgoingRecords.Part part : records.parts()) {
                switch (part) {
                    case OutgoingRecords.BufferPart buffer -> all.put(buffer.bytes().duplicate());
                    case OutgoingRecords.FilePart file -> readFile(file, all);
                }
            }
            return all.flip();
        } finally {
            records.release();
        }
    }

    private static void readFile(OutgoingRecords.FilePart file, ByteBuffer all) throws IOException {
        ByteBuffer part = all.slice(all.position(), file.length());
        while (part.hasRemaining()) {
            if (file.channel().read(part, file.position() + part.position()) < 0) {
                throw new EOFException(
                        "file ends before its rows: position="
                                + file.position()
                                + ", length="
                                + file.length());
            }
        }
        all.position(all.position() + file.length());
    }
}
