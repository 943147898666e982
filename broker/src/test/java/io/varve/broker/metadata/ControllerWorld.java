// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.ConfigSources;
import io.varve.broker.config.Endpoint;
import io.varve.broker.config.HostPort;
import io.varve.broker.shard.Leadership;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.AfterEach;

/// A controller over a log and shards in memory, with a clock that is moved by hand.
abstract class ControllerWorld {
    static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(1_000));

    final MemoryMetadataLog log = new MemoryMetadataLog();
    final MemoryDataShards shards = new MemoryDataShards(2);
    final RecordedDeletions deletions = new RecordedDeletions();
    final AtomicLong topicIds = new AtomicLong();
    final List<Controller> controllers = new ArrayList<>();
    ClusterMetadata metadata = new ClusterMetadata();

    @AfterEach
    void close() {
        controllers.forEach(Controller::close);
    }

    void unfence(Controller controller, int node) {
        join(
                controller.heartbeat(
                        node,
                        metadata.image().cluster().broker(node).epoch(),
                        metadata.appliedEnd(),
                        false));
    }

    final AtomicLong nanos = new AtomicLong(1);

    Controller started(int nodeId) {
        return started(nodeId, 200);
    }

    Controller started(int nodeId, long timeoutMs) {
        Controller controller = controller(nodeId, timeoutMs, 1_000);
        Registration registered = join(controller.registerBroker(broker(nodeId, nodeId)));
        assertThat(registered.error()).isEqualTo(ApiError.NONE);
        return controller;
    }

    BrokerIdentity broker(int nodeId, long directory) {
        return new BrokerIdentity(
                nodeId,
                new Uuid(1, topicIds.incrementAndGet()),
                new Uuid(2, directory),
                new HostPort("127.0.0.1", 9192),
                Optional.empty(),
                List.of(new Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "127.0.0.1", 9092)));
    }

    Controller controller(int nodeId, long timeoutMs, int queued) {
        log.attach(metadata.shardListener());
        Controller controller =
                new Controller(
                        new ControllerSettings(
                                config(nodeId),
                                3,
                                List.of(new ShardId(3, 1, 0), new ShardId(3, 2, 0)),
                                1,
                                Duration.ofSeconds(9),
                                timeoutMs,
                                queued),
                        new ControllerPorts(
                                metadata,
                                log,
                                shards,
                                deletions,
                                CLOCK,
                                nanos::get,
                                () -> new Uuid(77, topicIds.incrementAndGet())));
        controllers.add(controller);
        controller.leadershipListener().onLeadership(new Leadership.Ready(log.term));
        return controller;
    }

    /// The process is gone; log and shards stay.
    void restart() {
        controllers.forEach(Controller::close);
        controllers.clear();
        log.detachAll();
        metadata = new ClusterMetadata();
    }

    Map<PartitionId, String> allOpen() {
        Map<PartitionId, String> all = new java.util.HashMap<>(shards.openIn(1));
        all.putAll(shards.openIn(2));
        return all;
    }

    static BrokerConfig config(int nodeId) {
        try {
            return BrokerConfig.load(
                    new ConfigSources(
                            "test",
                            Map.of(
                                    "node.id", String.valueOf(nodeId),
                                    "log.dirs", "/d",
                                    "archive.bucket", "mem:",
                                    "shards.per.broker", "2",
                                    "offsets.topic.num.partitions", "4"),
                            null,
                            Map.of(),
                            List.of(),
                            1));
        } catch (io.varve.broker.config.InvalidConfigException e) {
            throw new AssertionError(e);
        }
    }

    static NewTopic topic(String name, int partitions) {
        return new NewTopic(name, partitions, (short) -1, Map.of(), Map.of());
    }

    static NewTopic manual(Map<Integer, List<Integer>> assignments) {
        return new NewTopic("manual", -1, (short) -1, assignments, Map.of());
    }

    static TopicResult create(Controller controller, NewTopic topic) {
        return join(controller.createTopics(List.of(topic), false)).getFirst();
    }

    static Errors widen(Controller controller, String topic, int count) {
        return join(controller.createPartitions(
                        List.of(new MorePartitions(topic, count, Optional.empty())), false))
                .getFirst()
                .error()
                .error();
    }

    static Errors delete(Controller controller, TopicToDelete topic) {
        return join(controller.deleteTopics(List.of(topic), 10_000)).getFirst().error().error();
    }

    static Errors alter(Controller controller, String topic, ConfigChange.Op op) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return join(controller.alterConfigs(
                        List.of(new ConfigChange(resource, List.of(op))), false))
                .getFirst()
                .error()
                .error();
    }

    static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(20, TimeUnit.SECONDS).join();
    }
}
