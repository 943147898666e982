// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.recovery.ClusterView.HeaderView;
import io.varve.recovery.ClusterView.RecordView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/// The records of one partition as a consumer gets them, one poll's worth in memory. Owner: one
/// thread.
final class ConsumedRecords implements Iterator<RecordView> {
    private static final Duration POLL = Duration.ofMillis(500);

    /// A broker that gives nothing for so long gives nothing.
    private static final Duration STALL_LIMIT = Duration.ofSeconds(30);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final long endOffset;
    private Iterator<ConsumerRecord<byte[], byte[]>> polled = Collections.emptyIterator();
    private @Nullable ConsumerRecord<byte[], byte[]> next;

    /// Takes the consumer over until the iterator ends, or the next one takes it.
    ConsumedRecords(
            KafkaConsumer<byte[], byte[]> consumer,
            TopicPartition partition,
            long fromOffset,
            long endOffset) {
        this.consumer = consumer;
        this.partition = partition;
        consumer.assign(List.of(partition));
        consumer.seek(partition, fromOffset);
        long there = consumer.endOffsets(List.of(partition)).getOrDefault(partition, endOffset);
        this.endOffset = Math.min(endOffset, there);
    }

    @Override
    public boolean hasNext() {
        if (next == null) {
            next = advance();
        }
        return next != null;
    }

    @Override
    public RecordView next() {
        ConsumerRecord<byte[], byte[]> found = next == null ? advance() : next;
        if (found == null) {
            throw new NoSuchElementException(partition.toString());
        }
        next = null;
        return view(found);
    }

    private @Nullable ConsumerRecord<byte[], byte[]> advance() {
        try {
            long deadlineNs = System.nanoTime() + STALL_LIMIT.toNanos();
            while (!polled.hasNext()) {
                long position = consumer.position(partition);
                if (position >= endOffset) {
                    return null;
                }
                polled = consumer.poll(POLL).records(partition).iterator();
                if (!polled.hasNext()
                        && consumer.position(partition) == position
                        && System.nanoTime() > deadlineNs) {
                    throw new UncheckedIOException(
                            new IOException(
                                    "broker gives no records: partition="
                                            + partition
                                            + ", offset="
                                            + position
                                            + ", endOffset="
                                            + endOffset));
                }
            }
            ConsumerRecord<byte[], byte[]> found = polled.next();
            return found.offset() < endOffset ? found : null;
        } catch (KafkaException e) {
            throw new UncheckedIOException(
                    new IOException(
                            "cannot read records: partition=" + partition + ": " + e.getMessage(),
                            e));
        }
    }

    private static RecordView view(ConsumerRecord<byte[], byte[]> found) {
        List<HeaderView> headers = new ArrayList<>();
        for (Header header : found.headers()) {
            headers.add(new HeaderView(header.key(), wrap(header.value())));
        }
        return new RecordView(
                found.offset(), found.timestamp(), wrap(found.key()), wrap(found.value()), headers);
    }

    private static @Nullable ByteBuffer wrap(byte @Nullable [] bytes) {
        return bytes == null ? null : ByteBuffer.wrap(bytes);
    }
}
