// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.PartitionId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One leadership of a shard, with all that it assumes. A new leadership starts from applied state
/// with a new one; nothing is carried over. Owner: the shard's writer thread.
final class Leading {
    private final long term;
    private final Function<PartitionId, Optional<PartitionReplica>> applied;
    private final Map<PartitionId, SpeculativePartition> assumed = new HashMap<>();
    private final UnknownProducers unknownProducers = new UnknownProducers();
    private boolean goesAway;

    Leading(long term, Function<PartitionId, Optional<PartitionReplica>> applied) {
        this.term = term;
        this.applied = applied;
    }

    long term() {
        return term;
    }

    /// Leadership is being handed over: Raft would refuse a frame, and giving up because of that
    /// would leave nobody who leads until the others elect.
    boolean goesAway() {
        return goesAway;
    }

    void goingAway(boolean goesAway) {
        this.goesAway = goesAway;
    }

    /// A partition as it will be when everything in flight is applied, or null when it is not open.
    @Nullable SpeculativePartition partition(PartitionId id) {
        SpeculativePartition known = assumed.get(id);
        if (known != null) {
            return known;
        }
        PartitionReplica replica = applied.apply(id).orElse(null);
        if (replica == null) {
            return null;
        }
        SpeculativePartition fresh = new SpeculativePartition(replica);
        assumed.put(id, fresh);
        return fresh;
    }

    UnknownProducers unknownProducers() {
        return unknownProducers;
    }

    void submitted(Frame frame) {
        for (PartitionId id : frame.partitions()) {
            SpeculativePartition partition = assumed.get(id);
            if (partition != null) {
                partition.frameSubmitted();
            }
        }
    }

    /// What is applied need not be assumed any more.
    void done(Frame frame) {
        for (PartitionId id : frame.partitions()) {
            SpeculativePartition partition = assumed.get(id);
            if (partition != null && partition.frameDone()) {
                partition.forget();
                assumed.remove(id);
            }
        }
    }

    /// Partitions that were looked at for a frame and got nothing in it.
    void forgetIdle() {
        assumed.values().removeIf(SpeculativePartition::idle);
    }

    void end() {
        assumed.values().forEach(SpeculativePartition::forget);
        assumed.clear();
    }
}
