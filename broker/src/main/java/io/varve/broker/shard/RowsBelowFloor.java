// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.CommandSlice;
import io.varve.broker.log.DataSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.Slice;
import io.varve.manifest.state.EpochStart;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/// Makes the rows of frames that are on local disk and below the checkpoint that a replica starts
/// from: Raft does not apply them again, and the file that was written when the process ended has
/// no index file yet. Without rows they would be read from the bucket, and not at all while it is
/// away.
///
/// Which frame of an index counts, Raft's own log says (its entries below the snapshot are
/// committed); which slices of it, the checkpoint's epochs: within a term a leader gives each
/// offset once, so a slice counts if its epoch is the one that the partition's history has for all
/// of its offsets. Whatever is not certain gets no row. Used once. Owner: the apply thread.
final class RowsBelowFloor {
    private final FrameLog log;
    private final ShardState state;
    private final LongFunction<OptionalLong> raftTermAt;

    RowsBelowFloor(FrameLog log, ShardState state, LongFunction<OptionalLong> raftTermAt) {
        this.log = log;
        this.state = state;
        this.raftTermAt = raftTermAt;
    }

    /// Before anything above the checkpoint is applied.
    ///
    /// @param endIndex of the checkpoint
    /// @return how many frames got rows
    int make(long endIndex) throws IOException {
        int frames = 0;
        for (long index = log.firstIndexWithoutRows().orElse(endIndex); index < endIndex; index++) {
            OptionalLong term = raftTermAt.apply(index);
            Optional<FrameTable> table =
                    term.isEmpty() ? Optional.empty() : log.table(term.getAsLong(), index);
            if (table.isPresent()) {
                FrameTable kept = keptOf(term.getAsLong(), table.get());
                log.committed(term.getAsLong(), index, table.get(), kept);
                frames++;
            }
        }
        return frames;
    }

    private FrameTable keptOf(long term, FrameTable table) {
        List<Slice> kept =
                table.writerTerm() != term
                        ? List.of()
                        : table.slices().stream().filter(this::counts).toList();
        return new FrameTable(table.writerTerm(), table.leaderTimeMs(), kept);
    }

    private boolean counts(Slice slice) {
        return switch (slice) {
            case DataSlice data ->
                    state.partition(data.id())
                            .map(partition -> isInHistory(partition, data))
                            .orElse(false);
            // Has no row; whether it was refused is not known any more.
            case CommandSlice _ -> false;
        };
    }

    private static boolean isInHistory(PartitionReplica partition, DataSlice data) {
        if (data.endOffset() > partition.highWatermark()
                || data.baseOffset() < partition.logStart()) {
            return false;
        }
        Optional<EpochStart> epoch = Optional.empty();
        for (EpochStart each : partition.epochs()) {
            if (each.startOffset() <= data.baseOffset()) {
                epoch = Optional.of(each);
            } else if (each.startOffset() < data.endOffset()) {
                return false;
            }
        }
        return epoch.isPresent() && epoch.get().epoch() == data.leaderEpoch();
    }
}
