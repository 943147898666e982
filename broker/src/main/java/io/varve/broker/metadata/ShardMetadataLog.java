// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.metadata;

import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.Acks;
import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendRequest;
import io.varve.broker.shard.AppendRules;
import io.varve.broker.shard.CommandOutcome;
import io.varve.broker.shard.Origin;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.manifest.topic.TopicDocument;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/// The metadata log in shard 0. Thread-safe.
public final class ShardMetadataLog implements MetadataLog {
    /// A batch of metadata is at most this large: 10,000 partitions in one request are about 1 MiB.
    private static final int MAX_BATCH_BYTES = 8 << 20;

    private static final AppendRules RULES =
            new AppendRules(
                    MAX_BATCH_BYTES,
                    AppendRules.DEFAULT.timestampType(),
                    Long.MAX_VALUE,
                    Long.MAX_VALUE,
                    null,
                    false);

    private final Shard shard;

    /// @param shard shard 0
    public ShardMetadataLog(Shard shard) {
        this.shard = shard;
    }

    @Override
    public CompletableFuture<Boolean> ensureOpen(long term) {
        if (shard.partition(ClusterMetadata.PARTITION).isPresent()) {
            return CompletableFuture.completedFuture(true);
        }
        String record =
                new TopicDocument(
                                ClusterMetadata.TOPIC,
                                ClusterMetadata.PARTITION.topicId(),
                                1,
                                Map.<String, String>of())
                        .toLine();
        return shard.submit(
                        new ShardCommand.OpenPartition(
                                ClusterMetadata.PARTITION, ClusterMetadata.TOPIC, record, 0, 0))
                .thenApply(CommandOutcome::holds);
    }

    @Override
    public CompletableFuture<AppendOutcome> append(ByteBuffer batch, long term) {
        Optional<PartitionView> partition = shard.partition(ClusterMetadata.PARTITION);
        if (partition.isEmpty() || !shard.leadership().readyTerm().equals(OptionalLong.of(term))) {
            return CompletableFuture.completedFuture(
                    new AppendOutcome.Refused(
                            Errors.NOT_CONTROLLER, "not the controller any more: term=" + term));
        }
        return shard.append(
                        new AppendRequest(
                                ClusterMetadata.PARTITION,
                                batch,
                                Acks.ALL,
                                Origin.COORDINATOR,
                                RULES,
                                partition.get().leaderEpoch(),
                                (short) 0))
                .done();
    }
}
