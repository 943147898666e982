// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.ConfigSources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/// A whole broker in this process, on free ports of the loopback, with its bucket in a directory.
final class RunningBroker implements AutoCloseable {
    /// What the broker said when it wanted its process to end.
    final ConcurrentLinkedQueue<String> ends = new ConcurrentLinkedQueue<>();

    final Broker broker;

    private RunningBroker(Path directory, Map<String, String> settings, Surroundings surroundings)
            throws Exception {
        Map<String, String> all = new HashMap<>();
        all.put("node.id", "1");
        all.put("log.dirs", directory.resolve("data").toString());
        all.put("archive.bucket", directory.resolve("bucket").toUri().toString());
        all.put("listeners", "PLAINTEXT://127.0.0.1:0");
        all.put("raft.listener", "127.0.0.1:0");
        all.put("http.listener", "127.0.0.1:0");
        all.put("log.file.bytes", "1048576");
        all.putAll(settings);
        BrokerConfig config =
                BrokerConfig.load(new ConfigSources("test", all, null, Map.of(), List.of(), 2));
        broker =
                Broker.start(
                        config,
                        "test",
                        new BrokerExit() {
                            @Override
                            public void halt(String fact, Throwable cause) {
                                ends.add("halt: " + fact);
                            }

                            @Override
                            public void stop(String reason) {
                                ends.add("stop: " + reason);
                            }
                        },
                        surroundings);
    }

    static RunningBroker start(Path directory, Map<String, String> settings) throws Exception {
        return start(directory, settings, Surroundings.real());
    }

    static RunningBroker start(
            Path directory, Map<String, String> settings, Surroundings surroundings)
            throws Exception {
        RunningBroker running = new RunningBroker(directory, settings, surroundings);
        assertThat(running.broker.awaitReady(Duration.ofSeconds(60))).isTrue();
        return running;
    }

    Map<String, Object> client() {
        return Map.of("bootstrap.servers", broker.kafka());
    }

    void createTopic(String name, Map<String, String> configs) throws Exception {
        try (Admin admin = Admin.create(properties())) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(name, Optional.of(1), Optional.of((short) 1))
                                            .configs(configs)))
                    .all()
                    .get();
        }
    }

    /// The topic that the first question for a group's coordinator creates.
    void awaitOffsetsTopic() throws Exception {
        try (Admin admin = Admin.create(properties())) {
            var _ = admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get();
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.putAll(client());
        return properties;
    }

    @Override
    public void close() {
        broker.close();
    }
}
