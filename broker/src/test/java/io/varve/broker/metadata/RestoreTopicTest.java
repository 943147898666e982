// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.ConfigSources;
import io.varve.broker.config.Endpoint;
import io.varve.broker.config.HostPort;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.Leadership;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.metadata.RestoredRow;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A topic whose records are in the bucket is made known, once, with them.
class RestoreTopicTest {
    private static final int GENERATION = 3;
    private static final Uuid ID = new Uuid(5, 5);

    private final MemoryMetadataLog log = new MemoryMetadataLog();
    private final MemoryDataShards shards = new MemoryDataShards(2);
    private final AtomicLong ids = new AtomicLong();
    private final List<Controller> controllers = new ArrayList<>();
    private ClusterMetadata metadata = new ClusterMetadata();

    @AfterEach
    void close() {
        controllers.forEach(Controller::close);
    }

    private Controller started() throws Exception {
        log.attach(metadata.shardListener());
        Controller controller =
                new Controller(
                        new ControllerSettings(
                                config(),
                                GENERATION,
                                List.of(
                                        new ShardId(GENERATION, 1, 0),
                                        new ShardId(GENERATION, 2, 0)),
                                1,
                                Duration.ofSeconds(9),
                                200,
                                1_000),
                        new ControllerPorts(
                                metadata,
                                log,
                                shards,
                                new RecordedDeletions(),
                                InstantSource.fixed(Instant.ofEpochMilli(1_000)),
                                () -> 1,
                                () -> new Uuid(77, ids.incrementAndGet())));
        controllers.add(controller);
        controller.leadershipListener().onLeadership(new Leadership.Ready(log.term));
        BrokerIdentity broker =
                new BrokerIdentity(
                        1,
                        new Uuid(1, ids.incrementAndGet()),
                        new Uuid(2, 1),
                        new HostPort("127.0.0.1", 9192),
                        Optional.empty(),
                        List.of(
                                new Endpoint(
                                        "PLAINTEXT", SecurityProtocol.PLAINTEXT, "127.0.0.1", 1)));
        assertThat(join(controller.registerBroker(broker)).error()).isEqualTo(ApiError.NONE);
        return controller;
    }

    private static BrokerConfig config() throws Exception {
        return BrokerConfig.load(
                new ConfigSources(
                        "test",
                        Map.of("node.id", "1", "log.dirs", "/d", "archive.bucket", "mem:"),
                        null,
                        Map.of(),
                        List.of(),
                        1));
    }

    /// The process is gone; log and shards stay.
    private void restart() {
        controllers.forEach(Controller::close);
        controllers.clear();
        log.detachAll();
        metadata = new ClusterMetadata();
    }

    private static TopicToRestore topic(String name, int generation) {
        return new TopicToRestore(
                name,
                ID,
                generation,
                (short) -1,
                Map.of("retention.ms", "9"),
                List.of(
                        new RestoredRow(
                                7,
                                4,
                                20,
                                new ManifestRef(GENERATION, 2),
                                List.of(new EpochStart(3, 4), new EpochStart(6, 11))),
                        new RestoredRow(1, 0, 0, ManifestRef.NONE, List.of())));
    }

    private static Errors answer(Controller controller, TopicToRestore topic, boolean check) {
        return join(controller.restoreTopic(topic, check)).error().error();
    }

    private static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private Map<PartitionId, String> allOpen() {
        Map<PartitionId, String> all = new HashMap<>(shards.openIn(1));
        all.putAll(shards.openIn(2));
        return all;
    }

    @Test
    void itsPartitionsOpenWithTheirRecordsAlsoAfterACrashInTheMiddle() throws Exception {
        shards.down = true;
        TopicToRestore topic = TopicToRestore.fromJson(topic("a", GENERATION).toJson());
        assertThat(topic).isEqualTo(topic("a", GENERATION));
        assertThat(answer(started(), topic, false)).isEqualTo(Errors.REQUEST_TIMED_OUT);

        restart();
        shards.down = false;
        Controller second = started();
        join(second.reconcile());

        assertThat(metadata.topicConfigs("a")).containsExactly(Map.entry("retention.ms", "9"));
        assertThat(shards.restored).hasSize(2);
        ShardCommand.OpenRestored opened = shards.restored.get(new PartitionId(ID, 0));
        assertThat(opened.baseEpoch()).isEqualTo(7);
        assertThat(opened.logStart()).isEqualTo(4);
        assertThat(opened.endOffset()).isEqualTo(20);
        assertThat(opened.manifest()).isEqualTo(new ManifestRef(GENERATION, 2));
        assertThat(opened.epochs()).containsExactly(new EpochStart(3, 4), new EpochStart(6, 11));
        assertThat(answer(second, topic, false)).as("asked again").isEqualTo(Errors.NONE);
        assertThat(allOpen()).hasSize(2);
    }

    @Test
    void aTakenNameOrAnotherGenerationIsRefusedAndACheckChangesNothing() throws Exception {
        Controller controller = started();
        NewTopic other = new NewTopic("a", 1, (short) 1, Map.of(), Map.of());
        join(controller.createTopics(List.of(other), false));

        assertThat(answer(controller, topic("a", GENERATION), true))
                .isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
        assertThat(answer(controller, topic("b", GENERATION + 1), false))
                .isEqualTo(Errors.INVALID_REQUEST);
        assertThat(answer(controller, topic("b", GENERATION), true)).isEqualTo(Errors.NONE);
        assertThat(metadata.topic("b")).isEmpty();
        assertThat(shards.restored).isEmpty();
    }

    @Test
    void aDeletedTopicLeavesNothingOfItsRestoreInTheMetadata() throws Exception {
        Controller controller = started();
        assertThat(answer(controller, topic("a", GENERATION), false)).isEqualTo(Errors.NONE);
        PartitionId partition = new PartitionId(ID, 0);
        assertThat(RestoredRow.of(metadata.image().configs(), partition)).isPresent();

        join(controller.deleteTopics(List.of(new TopicToDelete.ByName("a")), 10_000));

        assertThat(RestoredRow.of(metadata.image().configs(), partition)).isEmpty();
        assertThat(allOpen()).isEmpty();
    }
}
