// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.RaftGroupHandle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Which replicas of a shard keep up with the commit: those that answer, and that know as committed
/// what was committed `replica.lag.time.max.ms` ago. Kafka's in-sync replicas; with Raft they
/// decide nothing but whether `min.insync.replicas` are there. Owner: the thread that looks.
public final class InSyncReplicas {
    private record Sample(long atNs, long commitIndex) {}

    private final Duration lagMax;
    private final Deque<Sample> samples = new ArrayDeque<>();
    private long term = -1;

    public InSyncReplicas(Duration lagMax) {
        this.lagMax = lagMax;
    }

    /// @param ofTerm the leadership of now: a new one starts with all replicas
    /// @param commitIndex of the leader
    /// @return node ids of the followers that keep up
    public List<Integer> look(
            long ofTerm, long nowNs, long commitIndex, List<RaftGroupHandle.Follower> followers) {
        if (term != ofTerm) {
            term = ofTerm;
            samples.clear();
        }
        samples.addLast(new Sample(nowNs, commitIndex));
        while (samples.size() > 1 && nowNs - second().atNs() >= lagMax.toNanos()) {
            samples.removeFirst();
        }
        Sample oldest = samples.getFirst();
        long wanted =
                nowNs - oldest.atNs() >= lagMax.toNanos() ? oldest.commitIndex() : Long.MIN_VALUE;
        List<Integer> inSync = new ArrayList<>();
        for (RaftGroupHandle.Follower follower : followers) {
            if (follower.silentMs() <= lagMax.toMillis() && follower.commitIndex() >= wanted) {
                inSync.add(follower.name().nodeId());
            }
        }
        return inSync;
    }

    private Sample second() {
        var all = samples.iterator();
        all.next();
        return all.next();
    }
}
