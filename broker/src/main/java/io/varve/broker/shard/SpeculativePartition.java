// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.state.ProducerState;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the leader assumes of a partition while frames of it are in flight: its end and its
/// producers, over the applied state. Thrown away when no frame is left or leadership is lost, so
/// it never outlives what it rests on. Owner: the shard's writer thread.
final class SpeculativePartition {
    private final PartitionReplica replica;
    private final Map<Long, ProducerState> producers = new HashMap<>();
    private long end;
    private int framesInFlight;
    private boolean closing;

    SpeculativePartition(PartitionReplica replica) {
        this.replica = replica;
        this.end = replica.highWatermark();
    }

    PartitionReplica replica() {
        return replica;
    }

    long end() {
        return end;
    }

    @Nullable ProducerState producer(long producerId) {
        ProducerState assumed = producers.get(producerId);
        return assumed != null ? assumed : replica.producer(producerId);
    }

    /// Takes over what a request would make of the partition.
    void advance(long newEnd, Map<Long, ProducerState> changed) {
        end = newEnd;
        producers.putAll(changed);
    }

    void close() {
        closing = true;
    }

    boolean closing() {
        return closing;
    }

    void frameSubmitted() {
        framesInFlight++;
        replica.appended(end);
    }

    /// @return true when nothing is left to assume
    boolean frameDone() {
        return --framesInFlight == 0;
    }

    boolean idle() {
        return framesInFlight == 0;
    }

    /// Readers see the applied end again.
    void forget() {
        replica.appended(0);
    }
}
