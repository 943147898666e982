// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// One shard as a restore would carry it on. Immutable.
///
/// @param checkpointIndex the checkpoint of the older generation that was used; empty when its
///   journals start at 0
/// @param endIndex end of what could be folded
/// @param closeIndex where END is, or will be put
/// @param closed whether END is there
/// @param closable false when the newest journal cannot be read: only the claim fences then
/// @param lastJournal since when records may be lost: the store's time of the newest journal
/// @param openings how its partitions are opened
/// @param first the first checkpoint of the new generation's shard; journals that a run writes are
///   not in it yet
public record ShardPlan(
        ShardId from,
        OptionalLong checkpointIndex,
        long endIndex,
        long closeIndex,
        boolean closed,
        boolean closable,
        Optional<Instant> lastJournal,
        List<RestoredOpening> openings,
        ShardCheckpoint first) {
    public ShardPlan {
        openings = List.copyOf(openings);
    }
}
