// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.server.DiskMeter.DiskSpace;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole broker whose disk is as full as the test says, with a bucket that can be away.
final class FullDiskTest {
    private static final long TOTAL = 1L << 30;
    private static final TopicPartition T = new TopicPartition("t", 0);

    /// Says what the broker said; one that tries again only says that its time is over.
    private static final Map<String, Object> HASTY =
            Map.of("retries", 0, "enable.idempotence", false);

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path directory;
    private final AtomicLong usable = new AtomicLong(TOTAL);
    private final AtomicBoolean away = new AtomicBoolean();

    @Test
    void producersArePushedBackWhileTheDiskIsFullAndEverythingElseGoesOn() throws Exception {
        try (RunningBroker running = start();
                KafkaProducer<byte[], byte[]> patient = producer(running, Map.of());
                KafkaProducer<byte[], byte[]> hasty = producer(running, HASTY)) {
            running.createTopic("t", Map.of());
            assertThat(send(patient).get().offset()).isZero();
            away.set(true);

            usable.set(1 << 20);
            awaitRefusal(hasty);
            Future<RecordMetadata> waits = send(patient);
            readsCommitsAndCreates(running);
            assertThat(waits).isNotDone();

            usable.set(TOTAL);
            assertThat(waits.get().offset()).isPositive();
            assertThat(running.ends).isEmpty();
        }
    }

    @Test
    void pastTheHighMarkOnlyWhatTheBucketDoesNotTakeIsRefused() throws Exception {
        try (RunningBroker running = start();
                KafkaProducer<byte[], byte[]> hasty = producer(running, HASTY)) {
            running.createTopic("t", Map.of());
            usable.set(TOTAL / 25); // 4 % left
            for (int i = 0; i < 20; i++) {
                assertThat(send(hasty).get().offset()).isEqualTo(i);
            }

            away.set(true);
            awaitRefusal(hasty);

            away.set(false);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> send(hasty).get().hasOffset());
            assertThat(running.ends).isEmpty();
        }
    }

    private static void awaitRefusal(KafkaProducer<byte[], byte[]> hasty) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> {
                    try {
                        var _ = send(hasty).get();
                        return false;
                    } catch (ExecutionException refused) {
                        assertThat(refused).hasRootCauseInstanceOf(KafkaStorageException.class);
                        return true;
                    }
                });
    }

    private void readsCommitsAndCreates(RunningBroker running) throws Exception {
        running.createTopic("made-meanwhile", Map.of());
        Properties properties = new Properties();
        properties.putAll(running.client());
        properties.put("group.id", "g");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(T));
            consumer.seekToBeginning(consumer.assignment());
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> !consumer.poll(Duration.ofMillis(100)).isEmpty());
            consumer.commitSync(Map.of(T, new OffsetAndMetadata(1)));
            assertThat(consumer.committed(java.util.Set.of(T)).get(T).offset()).isEqualTo(1);
        }
    }

    private static Future<RecordMetadata> send(KafkaProducer<byte[], byte[]> producer) {
        return producer.send(new ProducerRecord<>("t", 0, null, new byte[100]));
    }

    private static KafkaProducer<byte[], byte[]> producer(
            RunningBroker running, Map<String, Object> config) {
        Map<String, Object> all = new HashMap<>(running.client());
        all.putAll(config);
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private RunningBroker start() throws Exception {
        return RunningBroker.start(
                directory,
                Map.of("archive.interval.ms", "1000"),
                new Surroundings(
                        store ->
                                new FaultyObjectStore(
                                        store,
                                        _ ->
                                                away.get()
                                                        ? Optional.of(new Fault.FailBefore())
                                                        : Optional.empty(),
                                        _ -> {}),
                        _ -> () -> new DiskSpace(TOTAL, usable.get())));
    }
}
