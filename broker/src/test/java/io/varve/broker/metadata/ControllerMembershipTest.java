// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Brokers that come, go and come back, and what becomes of their shards.
class ControllerMembershipTest extends ControllerWorld {
    @Test
    void brokersThatJoinGetTheReplicasThatAreMissingAndTheirPartOfTheLeaders() {
        Controller controller = started(1);
        create(controller, topic("a", 2)); // one replica each
        join(controller.report(new ShardReport(1, 1, 1, List.of(1))));
        join(controller.report(new ShardReport(2, 1, 1, List.of(1))));
        unfence(controller, 1);
        for (int node : List.of(2, 3)) {
            join(controller.registerBroker(broker(node, node)));
            unfence(controller, node);
        }

        NewTopic three = new NewTopic("b", 3, (short) 3, Map.of(), Map.of());
        for (int shard = 3; shard <= 8; shard++) {
            shards.open.put(shard, new java.util.TreeMap<>());
        }
        assertThat(create(controller, three).error()).isEqualTo(ApiError.NONE);

        assertThat(
                        metadata.shards().rows().values().stream()
                                .filter(row -> row.replicas().size() == 3)
                                .map(row -> row.nodes().getFirst()))
                .as("every broker is the preferred leader of as many shards")
                .containsExactlyInAnyOrder(1, 1, 2, 2, 3, 3);
        controller.tend();
        assertThat(metadata.shards().row(1).orElseThrow().nodes())
                .as("one replica is what its partitions were made with")
                .containsExactly(1);
    }

    @Test
    void aBrokerThatIsSilentIsFencedAndComesBack() {
        Controller controller = started(1);
        join(controller.registerBroker(broker(2, 2)));
        assertThat(metadata.image().cluster().broker(2).fenced()).as("not caught up").isTrue();
        unfence(controller, 2);
        assertThat(metadata.image().cluster().broker(2).fenced()).isFalse();

        nanos.addAndGet(Duration.ofSeconds(5).toNanos());
        unfence(controller, 2);
        nanos.addAndGet(Duration.ofSeconds(8).toNanos());
        controller.tend();
        assertThat(metadata.image().cluster().broker(2).fenced()).as("heard 8 s ago").isFalse();

        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        controller.tend();
        Awaitility.await().until(() -> metadata.image().cluster().broker(2).fenced());
        unfence(controller, 2);
        assertThat(metadata.image().cluster().broker(2).fenced()).isFalse();
    }

    @Test
    void aSecondBrokerOfOneIdIsRefusedWhileTheFirstLivesAndReplacesItAfterwards() {
        Controller controller = started(1);
        join(controller.registerBroker(broker(2, 2)));
        NewTopic two = new NewTopic("b", 1, (short) 2, Map.of(), Map.of());
        for (int shard = 3; shard <= 6; shard++) {
            shards.open.put(shard, new java.util.TreeMap<>());
        }
        create(controller, two);

        assertThat(join(controller.registerBroker(broker(2, 99))).error().error())
                .isEqualTo(Errors.DUPLICATE_BROKER_REGISTRATION);
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        assertThat(join(controller.registerBroker(broker(2, 99))).error()).isEqualTo(ApiError.NONE);

        assertThat(
                        metadata.shards().rows().values().stream()
                                .flatMap(row -> row.replica(2).stream())
                                .map(replica -> replica.peerBits()))
                .as("an empty directory is a new peer wherever the old one was")
                .isNotEmpty()
                .containsOnly(new Uuid(2, 99));
    }

    @Test
    void anOlderLeadersReportChangesNothing() {
        Controller controller = started(1);
        join(controller.registerBroker(broker(2, 2)));
        for (int shard = 3; shard <= 6; shard++) {
            shards.open.put(shard, new java.util.TreeMap<>());
        }
        create(controller, new NewTopic("b", 1, (short) 2, Map.of(), Map.of()));
        int shard = metadata.placement("b", 0).orElseThrow().shard();

        join(controller.report(new ShardReport(shard, 2, 7, List.of(2, 1))));
        join(controller.report(new ShardReport(shard, 1, 6, List.of(1))));

        assertThat(metadata.shards().row(shard).orElseThrow().leader()).isEqualTo(2);
        assertThat(metadata.shards().row(shard).orElseThrow().isr())
                .containsExactlyInAnyOrder(1, 2);
    }
}
