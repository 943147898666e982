// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.http;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the admin API shows and asks of the broker. All offsets are numbers, ends exclusive; sizes
/// in bytes. Thread-safe; [#flush] blocks.
public interface AdminView {
    ClusterInfo cluster();

    /// Where a topic's records are, by partition, of those that this broker leads; empty when there
    /// is no such topic.
    Optional<TopicStorage> storage(String topic);

    /// How far the archive is, by shard.
    ArchiveStatus archive();

    /// Ships everything acknowledged before the call, of the shards that this broker leads; returns
    /// when it is in the bucket.
    ///
    /// @param topic one topic, or null for all
    /// @param segments write segment objects too, not only journals
    /// @throws IllegalArgumentException no such topic
    /// @throws ArchiveUnavailableException the bucket did not take it in time
    Flushed flush(@Nullable String topic, boolean segments)
            throws ArchiveUnavailableException, InterruptedException;

    record ClusterInfo(
            String clusterId,
            int generation,
            int nodeId,
            String bucket,
            String version,
            String kafka,
            String http) {}

    record TopicStorage(String topic, List<PartitionStorage> partitions) {}

    /// @param hotStartOffset first offset on local disk
    /// @param archivedEndOffset end of what segment objects hold
    /// @param journaledEndOffset end of what the bucket holds in any form
    /// @param hotBytes on this broker's disk
    /// @param coldBytes in segment objects
    /// @param lagMs age of the oldest record of the shard that is not in the bucket, 0 when this
    ///   partition has none
    /// @param lagRecords offsets that are not in the bucket
    record PartitionStorage(
            int partition,
            int shard,
            long logStartOffset,
            long hotStartOffset,
            long archivedEndOffset,
            long journaledEndOffset,
            long highWatermark,
            long hotBytes,
            long coldBytes,
            long lagMs,
            long lagRecords) {}

    record ArchiveStatus(List<ShardStatus> shards) {}

    record ShardStatus(
            int shard,
            boolean leader,
            long journaledEndIndex,
            long appliedEndIndex,
            long floorIndex,
            long lagMs,
            long lagBytes,
            List<Job> jobs) {}

    record Job(String job, @Nullable String lastSuccessAt, @Nullable String lastError) {}

    record Flushed(List<FlushedPartition> partitions) {}

    record FlushedPartition(String topic, int partition, long endOffset) {}

    /// The bucket did not take what was asked in time.
    final class ArchiveUnavailableException extends Exception {
        private static final long serialVersionUID = 1L;

        public ArchiveUnavailableException(String message) {
            super(message);
        }
    }
}
