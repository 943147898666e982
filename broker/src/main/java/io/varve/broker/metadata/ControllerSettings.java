// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.config.BrokerConfig;
import java.util.Set;

/// What a controller is told. Immutable.
///
/// @param generation of the cluster: producer ids start at `generation << 40`
/// @param members node ids of all brokers that can exist
/// @param changeTimeoutMs how long one change may take until it is applied, in milliseconds; then
///   its outcome is unknown
/// @param maxQueuedChanges changes that wait; more are refused
public record ControllerSettings(
        BrokerConfig config,
        int generation,
        Set<Integer> members,
        long changeTimeoutMs,
        int maxQueuedChanges) {
    public ControllerSettings {
        members = Set.copyOf(members);
        if (generation < 1
                || changeTimeoutMs < 1
                || maxQueuedChanges < 1
                || !members.contains(config.node().nodeId())) {
            throw new IllegalArgumentException(
                    "bad controller settings: generation="
                            + generation
                            + ", members="
                            + members
                            + ", changeTimeoutMs="
                            + changeTimeoutMs
                            + ", maxQueuedChanges="
                            + maxQueuedChanges);
        }
    }

    /// One broker alone, with the usual bounds: 30 s for a change, 1,000 that wait.
    public static ControllerSettings single(BrokerConfig config, int generation) {
        return new ControllerSettings(
                config, generation, Set.of(config.node().nodeId()), 30_000, 1_000);
    }
}
