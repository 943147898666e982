// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The largest batch that a topic's configuration may allow goes all the way.
final class LargestBatchTest {
    private static final int LIMIT = 8 << 20; // message.max.bytes.limit
    private static final int BATCH_OVERHEAD = 100;

    @Test
    void aBatchAsLargeAsTheLimitAllowsIsStoredAndRead(@TempDir Path directory) throws Exception {
        byte[] value = new byte[LIMIT - BATCH_OVERHEAD];
        new Random(1).nextBytes(value);
        try (RunningBroker running = RunningBroker.start(directory, Map.of())) {
            running.createTopic("large", Map.of("max.message.bytes", Integer.toString(LIMIT)));
            Properties properties = new Properties();
            properties.putAll(running.client());
            properties.put("max.request.size", Integer.toString(2 * LIMIT));
            properties.put("buffer.memory", Integer.toString(4 * LIMIT));
            try (KafkaProducer<byte[], byte[]> producer =
                    new KafkaProducer<>(
                            properties, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (int i = 0; i < 3; i++) {
                    assertThat(producer.send(new ProducerRecord<>("large", value)).get().offset())
                            .isEqualTo(i);
                }
            }
            try (KafkaConsumer<byte[], byte[]> consumer =
                    new KafkaConsumer<>(
                            properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                consumer.assign(List.of(new TopicPartition("large", 0)));
                consumer.seekToBeginning(consumer.assignment());
                Awaitility.await()
                        .until(
                                () -> consumer.poll(Duration.ofMillis(200)),
                                records -> {
                                    records.forEach(
                                            each -> assertThat(each.value()).isEqualTo(value));
                                    return !records.isEmpty();
                                });
            }
            assertThat(running.ends).isEmpty();
        }
    }
}
