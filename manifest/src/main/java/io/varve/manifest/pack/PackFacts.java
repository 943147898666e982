// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import io.varve.manifest.ShardId;

/// What a pack says of itself, so that it can be recognised without its key.
///
/// @param firstIndex first Raft index of the range (journals, roll-ups and END; 0 for segments)
/// @param endIndex end of the range, exclusive
/// @param firstTerm, lastTerm Raft terms of the first and last entry of the range
/// @param barrierTick the tick whose barrier ends this journal, or 0
/// @param writer who wrote it: product version and peer
/// @param createdAtMs the writer's clock, UTC; for people, nothing relies on it
public record PackFacts(
        PackKind kind,
        String clusterId,
        ShardId shard,
        long firstIndex,
        long endIndex,
        long firstTerm,
        long lastTerm,
        long barrierTick,
        String writer,
        long createdAtMs) {
    public PackFacts {
        if (firstIndex < 0 || endIndex < firstIndex) {
            throw new IllegalArgumentException(
                    "bad index range: first=" + firstIndex + ", end=" + endIndex);
        }
    }
}
