// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/// Kafka's consumer, with time limits for clusters that break on purpose. Stateless.
final class Consumers {
    private Consumers() {}

    static KafkaConsumer<byte[], byte[]> of(String bootstrap, Map<String, String> more) {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        properties.setProperty("enable.auto.commit", "false");
        properties.setProperty("auto.offset.reset", "none");
        properties.setProperty("default.api.timeout.ms", "20000");
        properties.setProperty("request.timeout.ms", "5000");
        properties.setProperty("reconnect.backoff.ms", "20");
        properties.setProperty("reconnect.backoff.max.ms", "200");
        properties.setProperty("retry.backoff.ms", "20");
        properties.setProperty("retry.backoff.max.ms", "200");
        properties.setProperty("socket.connection.setup.timeout.ms", "1000");
        properties.setProperty("socket.connection.setup.timeout.max.ms", "2000");
        properties.setProperty("metadata.max.age.ms", "5000");
        more.forEach(properties::setProperty);
        return new KafkaConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
