// SPDX-License-Identifier: Apache-2.0
package io.varve.cli;

import io.varve.cli.shell.CommandFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/// Enough records through producers and consumers that what a busy broker does all day is known as
/// hot.
final class TrainingLoad {
    private static final String TOPIC = "training-load";
    private static final int PARTITIONS = 8;

    /// Methods that run once for a batch, a frame or a request are hot after some thousands of
    /// them; large batches alone would take very many records.
    private static final int SMALL_BATCH_RECORDS = 60_000;

    private static final int LARGE_BATCH_RECORDS = 120_000;
    private static final int RECORD_BYTES = 1_024;
    private static final Duration CONSUME_LIMIT = Duration.ofMinutes(2);

    private TrainingLoad() {}

    static void run(String bootstrap) throws CommandFailure {
        try {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
                admin.createTopics(
                                List.of(
                                        new NewTopic(
                                                TOPIC,
                                                PARTITIONS,
                                                (short) TrainingCluster.BROKERS)))
                        .all()
                        .get();
            }
            produce(bootstrap, "4096", SMALL_BATCH_RECORDS);
            produce(bootstrap, "131072", LARGE_BATCH_RECORDS);
            consume(bootstrap, SMALL_BATCH_RECORDS + LARGE_BATCH_RECORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        } catch (ExecutionException e) {
            throw new CommandFailure("the load failed: " + e.getCause(), e);
        }
    }

    private static void produce(String bootstrap, String batchBytes, int records)
            throws CommandFailure {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "acks",
                        "all",
                        "batch.size",
                        batchBytes,
                        "linger.ms",
                        "5");
        SplittableRandom random = new SplittableRandom(records);
        byte[] value = new byte[RECORD_BYTES];
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int record = 0; record < records; record++) {
                random.nextBytes(value);
                var _ =
                        producer.send(
                                new ProducerRecord<>(
                                        TOPIC, record % PARTITIONS, null, value.clone()),
                                (_, error) -> {
                                    if (error != null) {
                                        failure.compareAndSet(null, error);
                                    }
                                });
            }
            producer.flush();
        }
        Exception first = failure.get();
        if (first != null) {
            throw new CommandFailure("the load failed: " + first, first);
        }
    }

    private static void consume(String bootstrap, int records) throws CommandFailure {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "group.id",
                        TOPIC,
                        "auto.offset.reset",
                        "earliest");
        long endNs = System.nanoTime() + CONSUME_LIMIT.toNanos();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            int read = 0;
            while (read < records) {
                if (System.nanoTime() - endNs > 0) {
                    throw new CommandFailure(
                            "consumer did not get everything: records="
                                    + records
                                    + ", read="
                                    + read);
                }
                read += consumer.poll(Duration.ofSeconds(1)).count();
            }
        }
    }
}
