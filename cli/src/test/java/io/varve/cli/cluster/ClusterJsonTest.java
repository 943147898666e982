// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.cluster;

import static io.varve.cli.shell.JsonShape.assertShape;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.http.AdminView.BrokerState;
import io.varve.broker.http.AdminView.ClusterState;
import io.varve.broker.http.AdminView.ShardState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What `varve cluster` says, and its JSON.
class ClusterJsonTest {
    private static final ClusterState WHOLE =
            new ClusterState(
                    1,
                    List.of(
                            new BrokerState(1, "a:9092", "a:9192", null, true, 2, 2),
                            new BrokerState(2, "b:9092", "b:9192", "r1", true, 0, 2)),
                    List.of(
                            new ShardState(0, 1, 3, List.of(1, 2), List.of(1, 2)),
                            new ShardState(1, 1, 4, List.of(1, 2), List.of(1, 2))));

    @Test
    void aWholeClusterIsHealthy() {
        ClusterHealth.Health health = ClusterHealth.of(WHOLE);

        assertThat(health.healthy()).isTrue();
        assertThat(health.problems()).isEmpty();
        assertShape("cluster-health", health);
    }

    @Test
    void whatIsMissingIsNamedOneByOne() {
        ClusterHealth.Health health =
                ClusterHealth.of(
                        new ClusterState(
                                -1,
                                List.of(
                                        new BrokerState(1, "a:9092", "a:9192", null, true, 0, 2),
                                        new BrokerState(2, "b:9092", "b:9192", null, false, 0, 2)),
                                List.of(
                                        new ShardState(0, -1, 3, List.of(1, 2), List.of(1)),
                                        new ShardState(1, 1, 4, List.of(1), List.of(1)))));

        assertThat(health.healthy()).isFalse();
        assertThat(health.brokersAlive()).isEqualTo(1);
        assertThat(health.leaderless()).containsExactly(0);
        assertThat(health.underReplicated()).containsExactly(0);
        assertThat(health.problems()).hasSize(4);
        assertShape("cluster-health", health);
    }

    @Test
    void brokersAndShardsHaveTheirShapes() {
        assertShape(
                "cluster-brokers",
                Map.of("controllerId", WHOLE.controllerId(), "brokers", WHOLE.brokers()));
        assertShape("cluster-shards", Map.of("shards", WHOLE.shards()));
        assertShape("cluster-move-leader", Map.of("shard", 1, "leader", 2));
    }
}
