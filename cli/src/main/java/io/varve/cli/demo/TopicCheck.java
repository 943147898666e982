// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;

/// Holds the restored topics, their partitions and the configs that were set on them against what
/// was created.
final class TopicCheck {
    private TopicCheck() {}

    /// What is wrong: a topic that is not there, has another number of partitions, or other configs
    /// of its own; and a topic that nobody created.
    static List<String> mismatches(String bootstrap, List<NewTopic> created)
            throws ExecutionException, InterruptedException {
        List<String> mismatches = new ArrayList<>();
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", bootstrap);
        try (Admin admin = Admin.create(properties)) {
            List<String> names = created.stream().map(NewTopic::name).sorted().toList();
            List<String> found = admin.listTopics().names().get().stream().sorted().toList();
            if (!found.equals(names)) {
                return List.of("topics differ: restored=" + found + ", created=" + names);
            }
            Map<String, TopicDescription> topics =
                    admin.describeTopics(names).allTopicNames().get();
            for (NewTopic topic : created) {
                TopicDescription description = topics.get(topic.name());
                int partitions = description == null ? 0 : description.partitions().size();
                if (partitions != topic.numPartitions()) {
                    mismatches.add(
                            "partitions differ: topic="
                                    + topic.name()
                                    + ", restored="
                                    + partitions
                                    + ", created="
                                    + topic.numPartitions());
                }
                Map<String, String> configs = ownConfigs(admin, topic.name());
                if (!configs.equals(topic.configs())) {
                    mismatches.add(
                            "configs differ: topic="
                                    + topic.name()
                                    + ", restored="
                                    + configs
                                    + ", created="
                                    + topic.configs());
                }
            }
        }
        return mismatches;
    }

    /// What was set on the topic itself, without defaults.
    private static Map<String, String> ownConfigs(Admin admin, String topic)
            throws ExecutionException, InterruptedException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(resource)).all().get().values().stream()
                .flatMap(config -> config.entries().stream())
                .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
    }
}
