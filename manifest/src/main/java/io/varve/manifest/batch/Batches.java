// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.batch;

import io.varve.manifest.state.BatchFacts;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;

/// Record batches that follow one another in a buffer, from its position to its limit. Reads
/// headers only and copies nothing, except where Kafka's classes decode records. The buffers'
/// positions and limits are left alone.
public final class Batches {
    private Batches() {}

    /// A transaction marker.
    record Marker(BatchFacts.Kind kind, int coordinatorEpoch) {}

    /// Every batch from the buffer's position to its limit. Iterating throws
    /// [CorruptBatchException] at the first bytes that are no whole batch, a torn one at the end
    /// included (see [#whole] for ranges that may end in a batch).
    public static Iterable<BatchHeader> in(ByteBuffer buffer) {
        return () -> new HeaderIterator(buffer);
    }

    /// The part of the buffer that holds whole batches only: a ranged read may end within one. Not
    /// a copy.
    ///
    /// @return a view from the buffer's position to behind the last whole batch; empty when there
    ///   is none
    /// @throws CorruptBatchException when the bytes are no batches, so that more bytes would not
    ///   help
    public static ByteBuffer whole(ByteBuffer buffer) {
        int at = buffer.position();
        while (buffer.limit() - at >= BatchHeader.HEADER_BYTES
                && sizeAt(buffer, at) <= buffer.limit() - at) {
            at += BatchHeader.at(buffer, at).sizeInBytes();
        }
        return buffer.slice(buffer.position(), at - buffer.position());
    }

    /// Length of the batch that starts at `position`, of which at least the header must be there
    /// (the rest need not be).
    ///
    /// @throws CorruptBatchException when magic or length cannot be those of a batch
    public static long sizeAt(ByteBuffer buffer, int position) {
        if (buffer.limit() - position < BatchHeader.HEADER_BYTES) {
            throw new CorruptBatchException(
                    "batch header cut short: position="
                            + position
                            + ", bytes="
                            + (buffer.limit() - position));
        }
        int length = buffer.getInt(position + BatchHeader.LENGTH_AT);
        byte magic = buffer.get(position + BatchHeader.MAGIC_AT);
        if (magic != BatchHeader.MAGIC
                || length < BatchHeader.HEADER_BYTES - BatchHeader.LOG_OVERHEAD_BYTES) {
            throw new CorruptBatchException(
                    "no batch here: position="
                            + position
                            + ", magic="
                            + magic
                            + ", length="
                            + length);
        }
        return (long) length + BatchHeader.LOG_OVERHEAD_BYTES;
    }

    /// The first batch that ends behind `offset`: it holds the offset, or the offset lies in a hole
    /// in front of it.
    public static Optional<BatchHeader> find(ByteBuffer buffer, long offset) {
        for (BatchHeader batch : in(buffer)) {
            if (batch.lastOffset() >= offset) {
                return Optional.of(batch);
            }
        }
        return Optional.empty();
    }

    /// The first batch with a record at or after `timestampMs`.
    public static Optional<BatchHeader> findByTime(ByteBuffer buffer, long timestampMs) {
        for (BatchHeader batch : in(buffer)) {
            if (batch.maxTimestampMs() >= timestampMs) {
                return Optional.of(batch);
            }
        }
        return Optional.empty();
    }

    /// The same bytes as Kafka's own class, which decodes records (and decompresses). Not a copy.
    /// For tools and coordinators; Kafka's exceptions come out of its iterators, so verify the
    /// batches first.
    public static MemoryRecords records(ByteBuffer buffer) {
        return MemoryRecords.readableRecords(buffer.slice());
    }

    static Marker markerOf(BatchHeader batch) {
        try {
            Iterator<Record> records = records(batch.bytes()).records().iterator();
            if (!records.hasNext()) {
                throw new CorruptBatchException(
                        "control batch without a record: baseOffset=" + batch.baseOffset());
            }
            EndTransactionMarker marker = EndTransactionMarker.deserialize(records.next());
            BatchFacts.Kind kind =
                    marker.controlType() == ControlRecordType.COMMIT
                            ? BatchFacts.Kind.COMMIT_MARKER
                            : BatchFacts.Kind.ABORT_MARKER;
            return new Marker(kind, marker.coordinatorEpoch());
        } catch (CorruptBatchException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new CorruptBatchException(
                    "control batch is no transaction marker: baseOffset=" + batch.baseOffset(), e);
        }
    }

    private static final class HeaderIterator implements Iterator<BatchHeader> {
        private final ByteBuffer buffer;
        private int at;

        HeaderIterator(ByteBuffer buffer) {
            this.buffer = buffer;
            this.at = buffer.position();
        }

        @Override
        public boolean hasNext() {
            return at < buffer.limit();
        }

        @Override
        public BatchHeader next() {
            if (!hasNext()) {
                throw new NoSuchElementException("no batch left: position=" + at);
            }
            BatchHeader batch = BatchHeader.at(buffer, at);
            at += batch.sizeInBytes();
            return batch;
        }
    }
}
