// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.ProducerState;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// One partition of a shard on this broker, as it is applied. Cheap getters; each reads the newest
/// applied state, so take [#state] where several values must agree. Thread-safe.
public interface PartitionView {
    PartitionId id();

    ShardId shard();

    /// Everything that is applied, as one value. Costs a copy of the producers' list: not for hot
    /// paths.
    PartitionState state();

    String topicName();

    /// The topic as JSON (partitions, configs), as the metadata shard last told this shard.
    String topicRecord();

    /// First offset that exists.
    long logStart();

    /// First offset that this broker serves from local disk; the high watermark when it holds
    /// nothing.
    long hotStart();

    /// End (exclusive) of what segment objects hold.
    long archivedEnd();

    /// End (exclusive) of what is committed and applied here.
    long highWatermark();

    /// End (exclusive) of what `read_committed` consumers may see.
    long lastStableOffset();

    /// End (exclusive) of what the leader has assigned; the high watermark on a broker that does
    /// not lead.
    long appendedEnd();

    /// The leader epoch under which the partition is written now: its base epoch plus the newest
    /// term known here.
    int leaderEpoch();

    /// Leader epochs with their start offsets, by epoch.
    List<EpochStart> epochs();

    /// Kafka's OffsetForLeaderEpoch over applied state: the largest epoch not above `epoch`, and
    /// where it ends. Empty when the epoch is older than everything known, or newer than the
    /// current one.
    Optional<EpochEnd> endOffsetForEpoch(int epoch);

    /// Aborted transactions that touch [from, to) and end above [#archivedEnd]; older ones are in
    /// segment objects.
    List<AbortedTxn> abortedIn(long from, long to);

    /// From this offset on, [#abortedIn] knows every aborted transaction; below, the indexes of
    /// segments do. Asked after [#abortedIn], whose answer it vouches for: it only moves up. Not
    /// above archivedEnd, and while the process runs not above the hot start, so that what is read
    /// from local disk does not need the bucket.
    long abortedKnownFrom();

    /// Newest manifest version known.
    PartitionState.ManifestRef manifest();

    Collection<ProducerState> producers();

    /// Bytes of this partition on local disk.
    long localBytes();

    /// Ranges on local disk from the one that holds `offset` on, without a hole, until their bytes
    /// reach `maxBytes` (at least one). Empty when the offset is not served from here. They may
    /// reach beyond the high watermark that was read before.
    List<HotRange> hotRows(long offset, long maxBytes);

    /// The first range on local disk with a record of that time or later.
    Optional<HotRange> hotRowForTimestamp(long timestampMs);

    /// The right to read a range, or empty when its file was freed meanwhile: look up again.
    ///
    /// @throws IOException the shard log has failed
    Optional<HotLease> lease(HotRange range) throws IOException;

    /// True for good once the partition left the shard.
    boolean closed();

    /// Where an epoch ends.
    record EpochEnd(int epoch, long endOffset) {}
}
