// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.BrokerConfig;
import io.varve.manifest.ShardId;
import java.time.Duration;
import java.util.List;

/// What a controller is told. Immutable.
///
/// @param generation of the cluster: producer ids start at `generation << 40`
/// @param foundedShards shards that this broker brought along when it founded the generation; empty
///   on every other
/// @param brokersExpected how many brokers the configuration names: internal topics wait for them
/// @param sessionTimeout a broker that was not heard for so long is fenced
/// @param changeTimeoutMs how long one change may take until it is applied, in milliseconds; then
///   its outcome is unknown
/// @param maxQueuedChanges changes that wait; more are refused
public record ControllerSettings(
        BrokerConfig config,
        int generation,
        List<ShardId> foundedShards,
        int brokersExpected,
        Duration sessionTimeout,
        long changeTimeoutMs,
        int maxQueuedChanges) {
    /// Kafka's default of `broker.session.timeout.ms`.
    private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(9);

    public ControllerSettings {
        foundedShards = List.copyOf(foundedShards);
        if (generation < 1 || brokersExpected < 1 || changeTimeoutMs < 1 || maxQueuedChanges < 1) {
            throw new IllegalArgumentException(
                    "bad controller settings: generation="
                            + generation
                            + ", brokersExpected="
                            + brokersExpected
                            + ", changeTimeoutMs="
                            + changeTimeoutMs
                            + ", maxQueuedChanges="
                            + maxQueuedChanges);
        }
    }

    /// With the usual bounds: 9 s for a session, 30 s for a change, 1,000 that wait.
    public static ControllerSettings of(
            BrokerConfig config, int generation, List<ShardId> foundedShards) {
        return new ControllerSettings(
                config,
                generation,
                foundedShards,
                Math.max(1, config.node().seeds().size()),
                SESSION_TIMEOUT,
                30_000,
                1_000);
    }
}
