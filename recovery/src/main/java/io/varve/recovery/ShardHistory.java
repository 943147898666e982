// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.manifest.state.PartitionLedger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A shard as its newest usable checkpoint and the journals behind it tell it. Owner: the planner's
/// thread; the ledgers are its own.
///
/// @param checkpointIndex of the checkpoint that was used; empty when the journals start at 0
/// @param ledgers partitions that are open at `endIndex`, each as far as the journals go
/// @param refs all journals that are needed or were folded, in the order in which they were written
/// @param journals those of them whose index could be read
/// @param endIndex end of what could be folded
/// @param closeIndex where END is, or must be put: the end of the newest journal
/// @param closed whether END is there
/// @param closable false when the newest journal cannot be read, so that its end is not known
/// @param epochMax highest leader epoch or base epoch plus term seen, also behind `endIndex`
/// @param lastJournal the store's time of the newest journal that was folded
record ShardHistory(
        ShardId shard,
        OptionalLong checkpointIndex,
        Map<PartitionId, PartitionLedger> ledgers,
        List<ClosedPartition> gone,
        List<JournalRef> refs,
        List<Journal> journals,
        List<DoomedObject> doomed,
        @Nullable MetadataFold metadata,
        long endIndex,
        long lastTerm,
        long lastFrameTimeMs,
        long closeIndex,
        boolean closed,
        boolean closable,
        long epochMax,
        Optional<Instant> lastJournal) {
    ShardHistory {
        gone = List.copyOf(gone);
        refs = List.copyOf(refs);
        journals = List.copyOf(journals);
        doomed = List.copyOf(doomed);
    }
}
