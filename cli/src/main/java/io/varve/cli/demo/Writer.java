// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/// One idempotent producer with acks=all that writes random records at a bounded rate, and tells
/// the truth what was acknowledged. Owner: its own thread while it runs.
final class Writer implements AutoCloseable {
    private static final int SMALL_BYTES = 2_000;
    private static final int LARGE_BYTES = 100_000;
    private static final int LARGE_ONE_IN = 60;
    private static final int IN_FLIGHT_MAX = 200;

    private final KafkaProducer<byte[], byte[]> producer;
    private final List<TopicPartition> partitions;
    private final Truth truth;
    private final SplittableRandom random;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicLong inFlight = new AtomicLong();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private CountDownLatch ended = new CountDownLatch(0);

    Writer(
            String bootstrap,
            String codec,
            List<TopicPartition> partitions,
            Truth truth,
            SplittableRandom random) {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.setProperty("acks", "all");
        properties.setProperty("enable.idempotence", "true");
        properties.setProperty("compression.type", codec);
        properties.setProperty("linger.ms", "2");
        properties.setProperty("delivery.timeout.ms", "60000");
        properties.setProperty("request.timeout.ms", "10000");
        properties.setProperty("reconnect.backoff.max.ms", "200");
        properties.setProperty("client.id", "demo-" + codec);
        this.producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer());
        this.partitions = List.copyOf(partitions);
        this.truth = truth;
        this.random = random;
    }

    /// Writes until stopped, about `recordsPerSecond`.
    void start(int recordsPerSecond) {
        running.set(true);
        CountDownLatch end = new CountDownLatch(1);
        ended = end;
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        long startNs = System.nanoTime();
                        for (long sent = 0; running.get(); sent++) {
                            send();
                            long dueNs = startNs + sent * 1_000_000_000L / recordsPerSecond;
                            java.util.concurrent.locks.LockSupport.parkNanos(
                                    dueNs - System.nanoTime());
                        }
                    } catch (RuntimeException e) {
                        failure.compareAndSet(null, e);
                    } finally {
                        end.countDown();
                    }
                });
    }

    /// One record; its acknowledgement goes to the truth.
    void send() {
        if (inFlight.get() >= IN_FLIGHT_MAX) {
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            return;
        }
        long timestamp = System.currentTimeMillis();
        TopicPartition partition = partitions.get(random.nextInt(partitions.size()));
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                        partition.topic(), partition.partition(), timestamp, key(), value());
        if (random.nextInt(4) == 0) {
            record.headers()
                    .add(
                            "trace",
                            Long.toHexString(random.nextLong()).getBytes(StandardCharsets.UTF_8));
        }
        int checksum = Truth.checksum(record, timestamp);
        inFlight.incrementAndGet();
        var _ =
                producer.send(
                        record,
                        (metadata, error) -> {
                            inFlight.decrementAndGet();
                            if (error == null) {
                                truth.acknowledged(
                                        partition,
                                        metadata.offset(),
                                        checksum,
                                        System.currentTimeMillis());
                            } else if (running.get()) {
                                failure.compareAndSet(null, error);
                            }
                        });
    }

    private byte @Nullable [] key() {
        return random.nextInt(3) == 0
                ? null
                : ("key-" + random.nextInt(1_000)).getBytes(StandardCharsets.UTF_8);
    }

    /// Half noise, half text: so that codecs have something to do.
    private byte[] value() {
        int size =
                10 + random.nextInt(random.nextInt(LARGE_ONE_IN) == 0 ? LARGE_BYTES : SMALL_BYTES);
        byte[] value = new byte[size];
        random.nextBytes(value);
        for (int i = 0; i < size; i += 2) {
            value[i] = (byte) ('a' + i % 26);
        }
        return value;
    }

    /// Waits until everything sent is answered.
    void flush() {
        producer.flush();
    }

    /// What went wrong while it was running, or null.
    @Nullable Exception failure() {
        return failure.get();
    }

    /// Sends nothing more.
    void stop() throws InterruptedException {
        running.set(false);
        ended.await();
    }

    /// Gives up what is in flight.
    @Override
    public void close() {
        running.set(false);
        producer.close(Duration.ZERO);
    }
}
