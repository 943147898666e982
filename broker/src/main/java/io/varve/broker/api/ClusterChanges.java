// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.metadata.ConfigChange;
import io.varve.broker.metadata.ConfigResult;
import io.varve.broker.metadata.Controller;
import io.varve.broker.metadata.MorePartitions;
import io.varve.broker.metadata.NewTopic;
import io.varve.broker.metadata.TopicResult;
import io.varve.broker.metadata.TopicToDelete;
import io.varve.broker.peers.ControllerLink;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.requests.ApiError;

/// Changes of the cluster's metadata that clients may ask for. Futures do not fail: errors are in
/// the results. Thread-safe; does not block.
public interface ClusterChanges {
    /// Whether topics that clients only mention are created (`auto.create.topics.enable`).
    boolean autoCreate();

    CompletableFuture<List<TopicResult>> createTopics(List<NewTopic> topics, boolean validateOnly);

    CompletableFuture<List<TopicResult>> createPartitions(
            List<MorePartitions> topics, boolean validateOnly);

    CompletableFuture<List<TopicResult>> deleteTopics(List<TopicToDelete> topics, long timeoutMs);

    CompletableFuture<List<ConfigResult>> alterConfigs(
            List<ConfigChange> changes, boolean validateOnly);

    /// Makes `__consumer_offsets` exist.
    CompletableFuture<ApiError> ensureOffsetsTopic();

    /// Through the controller: topics by whichever broker it is; the rest comes here only when it
    /// is this one, because such requests are forwarded whole.
    static ClusterChanges by(
            Controller controller,
            ControllerLink anywhere,
            boolean autoCreate,
            Map<String, String> offsetsTopicConfigs) {
        return new ClusterChanges() {
            @Override
            public boolean autoCreate() {
                return autoCreate;
            }

            @Override
            public CompletableFuture<List<TopicResult>> createTopics(
                    List<NewTopic> topics, boolean validateOnly) {
                return controller.active()
                        ? controller.createTopics(topics, validateOnly)
                        : anywhere.createTopics(topics, validateOnly);
            }

            @Override
            public CompletableFuture<List<TopicResult>> createPartitions(
                    List<MorePartitions> topics, boolean validateOnly) {
                return controller.createPartitions(topics, validateOnly);
            }

            @Override
            public CompletableFuture<List<TopicResult>> deleteTopics(
                    List<TopicToDelete> topics, long timeoutMs) {
                return controller.deleteTopics(topics, timeoutMs);
            }

            @Override
            public CompletableFuture<List<ConfigResult>> alterConfigs(
                    List<ConfigChange> changes, boolean validateOnly) {
                return controller.alterConfigs(changes, validateOnly);
            }

            @Override
            public CompletableFuture<ApiError> ensureOffsetsTopic() {
                return anywhere.ensureOffsetsTopic(offsetsTopicConfigs);
            }
        };
    }
}
