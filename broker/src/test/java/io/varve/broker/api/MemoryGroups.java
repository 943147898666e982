// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import com.yammer.metrics.core.MetricsRegistry;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
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
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/// Kafka's group coordinator over a log in memory that commits at once.
final class MemoryGroups implements AutoCloseable {
    static final int PARTITIONS = 2;

    private final MemoryOffsetsLog log = new MemoryOffsetsLog();
    final GroupCoordinatorService service;

    MemoryGroups(int nodeId) {
        ConfigDef definition = new ConfigDef(GroupCoordinatorConfig.CONFIG_DEF);
        ShareGroupConfig.CONFIG_DEF.configKeys().values().forEach(definition::define);
        AbstractConfig all =
                new AbstractConfig(
                        definition,
                        Map.of(
                                "group.initial.rebalance.delay.ms", "0",
                                "group.consumer.heartbeat.interval.ms", "500",
                                "group.consumer.min.heartbeat.interval.ms", "100"),
                        false);
        GroupCoordinatorConfig config = new GroupCoordinatorConfig(all);
        Metrics metrics = new Metrics();
        service =
                new GroupCoordinatorService.Builder(nodeId, config)
                        .withTime(Time.SYSTEM)
                        .withTimer(
                                new SystemTimerReaper(
                                        "test-groups-reaper", new SystemTimer("test-groups")))
                        .withLoader(log)
                        .withWriter(log)
                        .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
                        .withGroupCoordinatorMetrics(
                                new GroupCoordinatorMetrics(new MetricsRegistry(), metrics))
                        .withGroupConfigManager(
                                new GroupConfigManager(Map.of(), config, new ShareGroupConfig(all)))
                        .withPersister(new NoOpStatePersister())
                        .withAuthorizerPlugin(Optional.empty())
                        .withPartitionMetadataClient(new NoShareGroups())
                        .build();
        service.startup(() -> PARTITIONS);
        for (int i = 0; i < PARTITIONS; i++) {
            service.onElection(i, 0);
        }
    }

    @Override
    public void close() {
        service.shutdown();
        log.close();
    }

    private static final class NoShareGroups implements PartitionMetadataClient {
        @Override
        public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
                Set<TopicPartition> partitions) {
            Map<TopicPartition, CompletableFuture<OffsetResponse>> answers = new HashMap<>();
            partitions.forEach(each ->
                    answers.put(
                            each,
                            CompletableFuture.completedFuture(new OffsetResponse(0, Errors.NONE))));
            return answers;
        }

        @Override
        public void close() {}
    }

    private static final class MemoryOffsetsLog
            implements PartitionWriter, CoordinatorLoader<CoordinatorRecord> {
        private final Map<TopicPartition, Long> ends = new ConcurrentHashMap<>();
        private final Map<TopicPartition, Set<Listener>> listeners = new ConcurrentHashMap<>();
        private final ExecutorService commits =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("test-commits").factory());

        @Override
        public void registerListener(TopicPartition partition, Listener listener) {
            listeners.computeIfAbsent(partition, _ -> ConcurrentHashMap.newKeySet()).add(listener);
        }

        @Override
        public void deregisterListener(TopicPartition partition, Listener listener) {
            listeners.getOrDefault(partition, Set.of()).remove(listener);
        }

        @Override
        public LogConfig config(TopicPartition partition) {
            return new LogConfig(Map.of());
        }

        @Override
        public synchronized long append(
                TopicPartition partition,
                VerificationGuard guard,
                MemoryRecords records,
                short version) {
            long end = ends.getOrDefault(partition, 0L);
            ByteBuffer copy =
                    ByteBuffer.allocate(records.sizeInBytes())
                            .put(records.buffer().duplicate())
                            .flip();
            for (MutableRecordBatch batch : MemoryRecords.readableRecords(copy).batches()) {
                end += batch.lastOffset() - batch.baseOffset() + 1;
            }
            ends.put(partition, end);
            long committed = end;
            commits.execute(() ->
                    listeners
                            .getOrDefault(partition, Set.of())
                            .forEach(listener ->
                                    listener.onHighWatermarkUpdated(partition, committed)));
            return end;
        }

        @Override
        public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
                TopicPartition partition,
                String transactionalId,
                long producerId,
                short epoch,
                int version) {
            return CompletableFuture.completedFuture(VerificationGuard.SENTINEL);
        }

        @Override
        public CompletableFuture<Void> deleteRecords(TopicPartition partition, long before) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<LoadSummary> load(
                TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> playback) {
            return CompletableFuture.completedFuture(new LoadSummary(0, 0, 0, 0, 0));
        }

        @Override
        public void close() {
            commits.shutdownNow();
        }
    }
}
