// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import com.yammer.metrics.core.MetricsRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;

/// Builds Kafka's group coordinator. Share groups are not offered: their ports answer that they are
/// not there. Stateless.
final class KafkaCoordinator {
    private KafkaCoordinator() {}

    /// @param config Kafka's `group.*` and `offsets.*` keys
    /// @param metrics Kafka's own registry; closed by whoever made it
    static GroupCoordinatorService build(
            int nodeId,
            AbstractConfig config,
            PartitionWriter writer,
            CoordinatorLoader<CoordinatorRecord> loader,
            Metrics metrics) {
        GroupCoordinatorConfig group = new GroupCoordinatorConfig(config);
        ShareGroupConfig share = new ShareGroupConfig(config);
        return new GroupCoordinatorService.Builder(nodeId, group)
                .withTime(Time.SYSTEM)
                .withTimer(
                        new SystemTimerReaper("group-timer-reaper", new SystemTimer("group-timer")))
                .withLoader(loader)
                .withWriter(writer)
                .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
                .withGroupCoordinatorMetrics(
                        new GroupCoordinatorMetrics(new MetricsRegistry(), metrics))
                .withGroupConfigManager(new GroupConfigManager(Map.of(), group, share))
                .withPersister(new NoOpStatePersister())
                .withAuthorizerPlugin(Optional.empty())
                .withPartitionMetadataClient(new NoShareGroups())
                .build();
    }

    private static final class NoShareGroups implements PartitionMetadataClient {
        @Override
        public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
                Set<TopicPartition> partitions) {
            Map<TopicPartition, CompletableFuture<OffsetResponse>> answers = new HashMap<>();
            partitions.forEach(partition ->
                    answers.put(
                            partition,
                            CompletableFuture.completedFuture(
                                    new OffsetResponse(-1, Errors.UNSUPPORTED_VERSION))));
            return answers;
        }

        @Override
        public void close() {}
    }
}
