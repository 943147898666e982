// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/// One idempotent producer with acks=all that writes the sequences 0, 1, 2... of its number into
/// each of its partitions, and keeps at which offset each was acknowledged. It tries for minutes
/// before it gives a record up: after [#flush] without a failure, all that was sent is
/// acknowledged. Owner: one thread, besides its own.
final class SeededProducer implements AutoCloseable {
    private static final int IN_FLIGHT_MAX = 1_000;

    /// What the broker said to a record.
    ///
    /// @param atNs when, by [System#nanoTime]
    record Acknowledged(long offset, long atNs) {}

    private final KafkaProducer<byte[], byte[]> producer;
    private final int number;
    private final SeededRecords records;
    private final List<TopicPartition> partitions;
    private final Map<TopicPartition, Long> next = new HashMap<>();
    private final Map<TopicPartition, ConcurrentSkipListMap<Long, Acknowledged>> acknowledged =
            new ConcurrentHashMap<>();
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private CountDownLatch ended = new CountDownLatch(0);
    private int turn;

    SeededProducer(
            String bootstrap, int number, SeededRecords records, List<TopicPartition> partitions) {
        this(bootstrap, number, records, partitions, Map.of());
    }

    /// @param more settings of the client that win over ours
    SeededProducer(
            String bootstrap,
            int number,
            SeededRecords records,
            List<TopicPartition> partitions,
            Map<String, String> more) {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.setProperty("acks", "all");
        properties.setProperty("enable.idempotence", "true");
        properties.setProperty("linger.ms", "2");
        properties.setProperty("delivery.timeout.ms", "180000");
        properties.setProperty("request.timeout.ms", "10000");
        properties.setProperty("max.block.ms", "60000");
        properties.setProperty("reconnect.backoff.max.ms", "200");
        properties.setProperty("client.id", "seeded-" + number);
        more.forEach(properties::setProperty);
        this.producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer());
        this.number = number;
        this.records = records;
        this.partitions = List.copyOf(partitions);
        partitions.forEach(partition -> {
            next.put(partition, 0L);
            acknowledged.put(partition, new ConcurrentSkipListMap<>());
        });
    }

    int number() {
        return number;
    }

    /// Sends the next record to the next partition; waits while too many are on their way.
    void send() {
        TopicPartition partition = partitions.get(turn++ % partitions.size());
        long sequence = next.merge(partition, 1L, Long::sum) - 1;
        inFlight.acquireUninterruptibly();
        try {
            var _ =
                    producer.send(
                            records.record(partition, number, sequence),
                            (metadata, error) -> {
                                inFlight.release();
                                if (error == null) {
                                    acknowledged
                                            .getOrDefault(partition, new ConcurrentSkipListMap<>())
                                            .put(
                                                    sequence,
                                                    new Acknowledged(
                                                            metadata.offset(), System.nanoTime()));
                                } else {
                                    failure.compareAndSet(null, error);
                                }
                            });
        } catch (RuntimeException e) {
            inFlight.release();
            throw e;
        }
    }

    /// Sends so many records, and waits for their acknowledgement.
    SeededProducer sendAll(long count) {
        for (long i = 0; i < count; i++) {
            send();
        }
        flush();
        return this;
    }

    /// Sends about so many records a second until it is told to stop.
    void start(int recordsPerSecond) {
        running.set(true);
        CountDownLatch end = new CountDownLatch(1);
        ended = end;
        Thread.ofPlatform()
                .daemon()
                .name("producer-" + number)
                .start(() -> {
                    try {
                        while (running.get()) {
                            send();
                            LockSupport.parkNanos(1_000_000_000L / recordsPerSecond);
                        }
                    } catch (RuntimeException e) {
                        failure.compareAndSet(null, e);
                    } finally {
                        end.countDown();
                    }
                });
    }

    /// Sends nothing more by itself.
    void stop() throws InterruptedException {
        running.set(false);
        ended.await();
    }

    /// Waits until everything that was sent is answered, well.
    void flush() {
        producer.flush();
        requireNoFailure();
    }

    void requireNoFailure() {
        assertThat(failure.get())
                .as("producer " + number + ", sim.seed=" + records.seed())
                .isNull();
    }

    /// By sequence.
    Map<TopicPartition, ConcurrentSkipListMap<Long, Acknowledged>> acknowledged() {
        return acknowledged;
    }

    long acknowledgedCount() {
        return acknowledged.values().stream().mapToLong(Map::size).sum();
    }

    /// How many sequences of a partition were sent.
    long sent(TopicPartition partition) {
        return next.getOrDefault(partition, 0L);
    }

    /// Stops at once: what is in flight is never answered.
    void giveUp() {
        running.set(false);
        producer.close(Duration.ZERO);
    }

    @Override
    public void close() {
        giveUp();
    }
}
