// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.http;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the admin API shows and asks of the broker. All offsets are numbers, ends exclusive; sizes
/// in bytes. Thread-safe; [#flush] blocks.
public interface AdminView {
    ClusterInfo cluster();

    /// Brokers and shards as this broker's metadata knows them.
    ClusterState state();

    /// Hands a shard that this broker leads to another of its replicas; returns when that leads.
    ///
    /// @throws IllegalArgumentException it is not led here, or has no replica there
    /// @throws UnavailableException it did not come about in time
    void moveLeader(int shard, int toNode) throws UnavailableException, InterruptedException;

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
    /// @throws UnavailableException the bucket did not take it in time
    Flushed flush(@Nullable String topic, boolean segments)
            throws UnavailableException, InterruptedException;

    /// Makes a topic known whose records `recover run --topic` put into this cluster's bucket, by
    /// the controller. Blocks until it is open.
    ///
    /// @param json [io.varve.broker.metadata.TopicToRestore] as JSON
    /// @param checkOnly tell only whether it could be done; nothing needs to be in the bucket
    /// @throws IllegalArgumentException it cannot be done: why
    /// @throws RestoreRefusedException the controller refused, or did not end it in time
    void restore(String topic, byte[] json, boolean checkOnly)
            throws RestoreRefusedException, InterruptedException;

    record ClusterInfo(
            String clusterId,
            int generation,
            int nodeId,
            String bucket,
            String version,
            String kafka,
            String http) {}

    /// @param controllerId node id of the controller, or -1 when none is known
    record ClusterState(int controllerId, List<BrokerState> brokers, List<ShardState> shards) {}

    /// @param kafka, raft where it is reached
    /// @param alive whether clients are told of it
    record BrokerState(
            int nodeId,
            String kafka,
            String raft,
            @Nullable String rack,
            boolean alive,
            int shardsLed,
            int replicas) {}

    /// @param leader node id, or -1 when nobody leads
    /// @param replicas the preferred leader first
    record ShardState(
            int shard, int leader, long term, List<Integer> replicas, List<Integer> inSync) {}

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

    /// A topic is not restored.
    final class RestoreRefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        public RestoreRefusedException(String message) {
            super(message);
        }
    }

    /// What was asked did not come about in time.
    final class UnavailableException extends Exception {
        private static final long serialVersionUID = 1L;

        public UnavailableException(String message) {
            super(message);
        }
    }
}
