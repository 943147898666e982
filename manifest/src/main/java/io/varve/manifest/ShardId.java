// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest;

/// One life of a shard: it grows a new incarnation when it is created again inside a generation,
/// and a new generation when the cluster is restored. Shard 0 is the metadata shard.
public record ShardId(int generation, int shard, int incarnation) implements Comparable<ShardId> {
    /// The shard that carries `__cluster_metadata`.
    public static final int METADATA_SHARD = 0;

    public ShardId {
        if (generation < 1 || shard < 0 || incarnation < 0) {
            throw new IllegalArgumentException(
                    "bad shard: generation="
                            + generation
                            + ", shard="
                            + shard
                            + ", incarnation="
                            + incarnation);
        }
    }

    public boolean isMetadata() {
        return shard == METADATA_SHARD;
    }

    @Override
    public int compareTo(ShardId other) {
        int byGeneration = Integer.compare(generation, other.generation);
        int byShard = byGeneration != 0 ? byGeneration : Integer.compare(shard, other.shard);
        return byShard != 0 ? byShard : Integer.compare(incarnation, other.incarnation);
    }

    @Override
    public String toString() {
        return generation + "/" + shard + "-" + incarnation;
    }
}
