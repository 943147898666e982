// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;

/// What an operator asks of a cluster, by Kafka's admin client or by our commands. Stateless.
final class Cluster {
    private Cluster() {}

    static Admin admin(String bootstrap) {
        return Admin.create(
                Map.of("bootstrap.servers", bootstrap, "default.api.timeout.ms", "30000"));
    }

    static void createTopic(String bootstrap, String topic, int partitions) throws Exception {
        createTopic(bootstrap, topic, partitions, Map.of());
    }

    /// With the cluster's default replication factor.
    static void createTopic(
            String bootstrap, String topic, int partitions, Map<String, String> configs)
            throws Exception {
        create(
                bootstrap,
                new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(configs));
    }

    static void create(String bootstrap, NewTopic topic) throws Exception {
        try (Admin admin = admin(bootstrap)) {
            admin.createTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
        }
    }

    /// As the brokers tell clients.
    static Collection<TopicDescription> describe(String bootstrap, List<String> topics)
            throws Exception {
        try (Admin admin = admin(bootstrap)) {
            return admin.describeTopics(topics).allTopicNames().get(30, TimeUnit.SECONDS).values();
        }
    }

    /// One of our commands, which must succeed.
    static JsonNode json(String... arguments) throws Exception {
        Run run = Run.of(arguments);
        assertThat(run.exitCode())
                .as(String.join(" ", arguments) + ": " + run.out() + run.err())
                .isZero();
        return new ObjectMapper().readTree(run.out());
    }

    /// Where the offsets of a partition are.
    static JsonNode storage(BrokerNode broker, String topic, int partition) throws Exception {
        return json("topic", "storage", topic, "--bootstrap", broker.kafka(), "-o", "json")
                .get("partitions")
                .get(partition);
    }

    /// Returns when everything acknowledged before is in the bucket.
    static void flush(BrokerNode broker) throws Exception {
        flush(broker.kafka());
    }

    /// The same of a cluster of several.
    static void flush(String bootstrap) throws Exception {
        var _ = json("archive", "flush", "--bootstrap", bootstrap, "-o", "json");
    }
}
