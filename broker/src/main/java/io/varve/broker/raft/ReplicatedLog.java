// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// What a Raft group needs from the shard that it carries: a place for its frames, and someone who
/// applies them.
///
/// Every failure of [#write] and [#flush] is final: the group hands it to its [FatalHandler].
public interface ReplicatedLog {
    /// The newest checkpoint whose data is archived, shown as a snapshot: entries up to it may be
    /// missing from the Raft log. Asked on every message: a volatile field.
    Optional<LogPosition> snapshot();

    /// Writes a frame; called in log order, one call at a time, under Ratis's locks: hands over and
    /// returns. The buffers stay valid until the future completes. An earlier frame at or above
    /// `index` of an older term is dead from now on.
    ///
    /// @param table the frame's table, as it is in the Raft entry
    /// @param body record batches; empty when the frame only carries commands
    /// @return completes when the bytes are written, not yet durable
    CompletableFuture<Void> write(long term, long index, ByteBuffer table, ByteBuffer body);

    /// Makes every frame durable whose write was called before.
    CompletableFuture<Void> flush(long index);

    /// The body of a frame that was written, for a follower. Fails with [FrameReadException].
    CompletableFuture<ByteBuffer> read(long term, long index);

    /// Applies a committed frame: in order, on one thread, on every replica alike. Must not block
    /// on the world and must not throw; what it throws all the same is fatal. Indexes at or below
    /// [#snapshot] never come.
    void apply(long term, long index, ByteBuffer table);

    /// A committed entry that is not a frame (a configuration): its index counts as applied.
    void applyOther(long term, long index);

    /// Something about leadership may have changed: ask the group. Called under Ratis's locks:
    /// hands over and returns.
    void leadershipMayHaveChanged();

    /// The leader's log starts at `firstIndex`, too late for this replica: bring the newest
    /// checkpoint that reaches at least `firstIndex - 1`, durable.
    ///
    /// @return the checkpoint's position; stays pending until there is one
    CompletableFuture<LogPosition> installCheckpoint(long firstIndex);

    /// Continue from [#snapshot], which [#installCheckpoint] has moved. Frames above it may have
    /// been written already and count.
    void restartFromSnapshot();
}
