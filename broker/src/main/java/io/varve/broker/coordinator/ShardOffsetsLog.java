// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.broker.metadata.ClusterMetadata;
import io.varve.broker.metadata.PartitionPlacement;
import io.varve.broker.metadata.TopicPolicies;
import io.varve.broker.shard.Acks;
import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendRequest;
import io.varve.broker.shard.AppendTicket;
import io.varve.broker.shard.Origin;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.manifest.PartitionId;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;

/// `__consumer_offsets` in the data shards of this process. Thread-safe.
final class ShardOffsetsLog implements OffsetsLog {
    private static final String TOPIC = Topic.GROUP_METADATA_TOPIC_NAME;

    private final ClusterMetadata metadata;
    private final Map<Integer, Shard> shards;
    private final TopicPolicies policies;
    private final OffsetsReader reader;

    ShardOffsetsLog(
            ClusterMetadata metadata,
            Map<Integer, Shard> shards,
            TopicPolicies policies,
            OffsetsReader reader) {
        this.metadata = metadata;
        this.shards = shards;
        this.policies = policies;
        this.reader = reader;
    }

    /// A partition where it is.
    private record Place(Shard shard, PartitionView view) {}

    private Optional<Place> place(int partition) {
        Optional<PartitionPlacement> placement = metadata.placement(TOPIC, partition);
        Shard shard = placement.isEmpty() ? null : shards.get(placement.get().shard());
        return shard == null
                ? Optional.empty()
                : shard.partition(placement.get().id()).map(view -> new Place(shard, view));
    }

    @Override
    public OptionalInt partitionCount() {
        return metadata.topic(TOPIC)
                .map(topic -> OptionalInt.of(topic.partitions().size()))
                .orElse(OptionalInt.empty());
    }

    @Override
    public OptionalInt writableEpoch(int partition) {
        Optional<Place> place = place(partition);
        return place.isPresent() && place.get().shard().leadership().readyTerm().isPresent()
                ? OptionalInt.of(place.get().view().leaderEpoch())
                : OptionalInt.empty();
    }

    @Override
    public Optional<Ends> ends(int partition) {
        return place(partition)
                .map(place -> {
                    PartitionView view = place.view();
                    long highWatermark = view.highWatermark();
                    long appendedEnd = Math.max(highWatermark, view.appendedEnd());
                    return new Ends(
                            view.logStart(), highWatermark, appendedEnd, view.leaderEpoch());
                });
    }

    @Override
    public AppendTicket append(
            int partition, ByteBuffer batches, int leaderEpoch, short transactionVersion) {
        return place(partition)
                .map(place ->
                        place.shard()
                                .append(
                                        new AppendRequest(
                                                place.view().id(),
                                                batches,
                                                Acks.ALL,
                                                Origin.COORDINATOR,
                                                policies.rules(TOPIC),
                                                leaderEpoch,
                                                transactionVersion)))
                .orElseGet(() ->
                        AppendTicket.answered(
                                new AppendOutcome.Refused(
                                        Errors.NOT_LEADER_OR_FOLLOWER,
                                        "partition is not open here: partition=" + partition)));
    }

    @Override
    public CompletableFuture<ByteBuffer> read(int partition, long offset, int maxBytes) {
        Optional<PartitionId> id = metadata.placement(TOPIC, partition).map(PartitionPlacement::id);
        return id.isPresent()
                ? reader.read(id.get(), offset, maxBytes)
                : CompletableFuture.failedFuture(
                        new NotLeaderOrFollowerException(
                                "partition does not exist: partition=" + partition));
    }
}
