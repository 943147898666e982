// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import org.apache.kafka.common.protocol.Errors;

/// What became of a shard command.
public sealed interface CommandOutcome {
    /// It is applied, at this Raft index, and changed something.
    record Applied(long index) implements CommandOutcome {}

    /// It is applied and changed nothing: what it asks for was so already.
    record Unchanged(long index, String why) implements CommandOutcome {}

    /// It did not happen and will not: it contradicts the shard's state, or the shard is not led
    /// here. After submission NOT_LEADER_OR_FOLLOWER and REQUEST_TIMED_OUT mean that the outcome is
    /// unknown: read the state before acting.
    record Refused(Errors error, String message) implements CommandOutcome {}

    /// Whether what the command asks for holds now.
    default boolean holds() {
        return switch (this) {
            case Applied a -> true;
            case Unchanged u -> true;
            case Refused r -> false;
        };
    }
}
