// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import io.varve.cli.durability.SeededRecords;
import io.varve.cli.faults.history.Event;
import io.varve.cli.faults.history.History;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// An idempotent producer with acks=all: the sequences 0, 1, 2... of its number into each of its
/// partitions, round robin, at a steady pace. Owner: one thread, besides its own.
public final class RecordingProducer implements AutoCloseable {
    /// More than the longest fault without a leader lets pile up, so that one partition that stands
    /// still does not stop the others.
    private static final int IN_FLIGHT_MAX = 15_000;

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    private final KafkaProducer<byte[], byte[]> producer;
    private final int number;
    private final SeededRecords records;
    private final List<TopicPartition> partitions;
    private final History history;
    private final Map<TopicPartition, Long> next = new HashMap<>();
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
    private final AtomicLong acknowledged = new AtomicLong();
    private final Loop loop;
    private int turn;

    private RecordingProducer(
            String bootstrap,
            int number,
            SeededRecords records,
            List<TopicPartition> partitions,
            History history,
            int recordsPerSecond) {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.setProperty("acks", "all");
        properties.setProperty("enable.idempotence", "true");
        properties.setProperty("linger.ms", "2");
        properties.setProperty("delivery.timeout.ms", "120000");
        properties.setProperty("request.timeout.ms", "3000");
        properties.setProperty("max.block.ms", "60000");
        properties.setProperty("buffer.memory", "67108864");
        properties.setProperty("reconnect.backoff.ms", "20");
        properties.setProperty("reconnect.backoff.max.ms", "200");
        properties.setProperty("retry.backoff.ms", "20");
        properties.setProperty("retry.backoff.max.ms", "200");
        properties.setProperty("socket.connection.setup.timeout.ms", "1000");
        properties.setProperty("socket.connection.setup.timeout.max.ms", "2000");
        properties.setProperty("metadata.max.age.ms", "5000");
        properties.setProperty("client.id", "producer-" + number);
        this.producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer());
        this.number = number;
        this.records = records;
        this.partitions = List.copyOf(partitions);
        this.history = history;
        long pauseNs = 1_000_000_000L / recordsPerSecond;
        this.loop = new Loop("producer-" + number);
        loop.start(
                history,
                () -> {
                    send();
                    Ticks.pass(Duration.ofNanos(pauseNs));
                },
                () -> {});
    }

    /// Starts one at about so many records a second.
    public static RecordingProducer start(
            String bootstrap,
            int number,
            SeededRecords records,
            List<TopicPartition> partitions,
            History history,
            int recordsPerSecond) {
        return new RecordingProducer(
                bootstrap, number, records, partitions, history, recordsPerSecond);
    }

    private void send() throws InterruptedException {
        TopicPartition partition = partitions.get(turn++ % partitions.size());
        long sequence = next.merge(partition, 1L, Long::sum) - 1;
        while (!inFlight.tryAcquire(100, java.util.concurrent.TimeUnit.MILLISECONDS)) {
            if (!loop.running()) {
                return;
            }
        }
        history.add(new Event.Sent(history.nowNs(), number, partition, sequence));
        var _ =
                producer.send(
                        records.record(partition, number, sequence),
                        (metadata, error) -> {
                            inFlight.release();
                            if (error == null) {
                                acknowledged.incrementAndGet();
                                history.add(
                                        new Event.Acknowledged(
                                                history.nowNs(),
                                                number,
                                                partition,
                                                sequence,
                                                metadata.offset()));
                            } else {
                                gaveUp(partition, sequence, error);
                            }
                        });
    }

    private void gaveUp(TopicPartition partition, long sequence, Exception error) {
        String text = Errors.text(error);
        history.add(
                error instanceof RecordTooLargeException || error instanceof InvalidTopicException
                        ? new Event.Refused(history.nowNs(), number, partition, sequence, text)
                        : new Event.Unknown(history.nowNs(), number, partition, sequence, text));
    }

    public long acknowledged() {
        return acknowledged.get();
    }

    /// Sends nothing more, and waits for the answers to what was sent.
    ///
    /// @return whether all of them came in time
    public boolean finish(Duration limit) throws InterruptedException {
        loop.stop();
        return Ticks.passWhile(limit, () -> inFlight.availablePermits() < IN_FLIGHT_MAX)
                ? inFlight.availablePermits() == IN_FLIGHT_MAX
                : true;
    }

    @Override
    public void close() {
        loop.ask();
        producer.close(CLOSE_LIMIT);
    }
}
