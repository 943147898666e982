// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import io.varve.cli.durability.SeededRecords;
import io.varve.cli.faults.history.History;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;

/// A reader that seeks to old offsets again and again and reads on from there, hot or cold. Owner:
/// one thread, besides its own.
public final class OldReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int POLLS_PER_SEEK = 4;
    private static final Duration BETWEEN = Duration.ofMillis(100);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final SeededRecords records;
    private final History history;
    private final SplittableRandom random;
    private final AtomicLong read = new AtomicLong();
    private final Loop loop;
    private long session;

    private OldReader(
            String bootstrap,
            List<TopicPartition> partitions,
            SeededRecords records,
            History history) {
        this.consumer =
                Consumers.of(
                        bootstrap,
                        Map.of("client.id", "old-reader", "max.partition.fetch.bytes", "65536"));
        this.partitions = List.copyOf(partitions);
        this.records = records;
        this.history = history;
        this.random = new SplittableRandom(records.seed() ^ 0x01d);
        this.loop = new Loop("old-reader");
        loop.start(history, this::round, this::end);
    }

    public static OldReader start(
            String bootstrap,
            List<TopicPartition> partitions,
            SeededRecords records,
            History history) {
        return new OldReader(bootstrap, partitions, records, history);
    }

    private void round() {
        TopicPartition partition = partitions.get(random.nextInt(partitions.size()));
        try {
            List<TopicPartition> one = List.of(partition);
            consumer.assign(one);
            long start = consumer.beginningOffsets(one).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
            if (end > start) {
                consumer.seek(partition, random.nextLong(start, end));
                String name = "old-reader#" + ++session;
                for (int i = 0; i < POLLS_PER_SEEK && loop.running(); i++) {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                        Readings.note(record, name, records, history);
                        read.incrementAndGet();
                    }
                }
            }
        } catch (RetriableException _) {
            session++; // a fault shows: later again
        }
        Ticks.pass(BETWEEN);
    }

    private void end() {
        consumer.close(
                org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(1)));
    }

    /// Records read so far.
    public long read() {
        return read.get();
    }

    public void stop() throws InterruptedException {
        loop.stop();
    }

    @Override
    public void close() {
        loop.ask();
    }
}
