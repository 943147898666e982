// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;

/// Which replicas keep up, as clients are told. Stateless.
final class Replicas {
    private Replicas() {}

    /// Whether the brokers of the last step are in sync in every partition.
    static boolean caughtUp(Stage stage) throws Exception {
        String topic = stage.partitions().getFirst().topic();
        List<Integer> hurt = stage.choose(Who.VICTIM);
        try (Admin admin =
                Admin.create(
                        Map.of(
                                "bootstrap.servers",
                                stage.brokers().bootstrap(),
                                "request.timeout.ms",
                                "2000",
                                "default.api.timeout.ms",
                                "5000"))) {
            TopicDescription described =
                    admin.describeTopics(List.of(topic))
                            .allTopicNames()
                            .get(5, TimeUnit.SECONDS)
                            .get(topic);
            return described != null
                    && described.partitions().stream().allMatch(info -> holds(info, hurt));
        } catch (ExecutionException | TimeoutException e) {
            return false; // nobody says so now
        }
    }

    private static boolean holds(TopicPartitionInfo info, List<Integer> brokers) {
        return info.isr().stream().map(node -> node.id()).toList().containsAll(brokers);
    }
}
