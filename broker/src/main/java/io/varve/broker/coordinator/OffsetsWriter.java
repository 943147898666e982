// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.coordinator;

import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendTicket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the coordinator writes, and how it hears that this is committed.
///
/// A listener belongs to one election. It goes silent for good with it: at once when told, and by
/// itself when the partition shows another leader epoch, because then a higher end may be another
/// leader's records at the offsets of ours. Thread-safe.
final class OffsetsWriter implements PartitionWriter {
    /// Longest wait for the shard's writer to give offsets; it then counts as not appended, and the
    /// coordinator loads anew.
    static final long ASSIGN_TIMEOUT_MS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(OffsetsWriter.class);

    /// One election and who listens in it.
    private record Election(int leaderEpoch, Set<Listener> listeners) {}

    private final OffsetsLog log;
    private final Supplier<LogConfig> config;
    private final Map<Integer, Election> elections = new ConcurrentHashMap<>();

    OffsetsWriter(OffsetsLog log, Supplier<LogConfig> config) {
        this.log = log;
        this.config = config;
    }

    /// From now on this partition is written under this leader epoch. Listeners of an earlier
    /// election stay silent.
    void elected(int partition, int leaderEpoch) {
        elections.put(partition, new Election(leaderEpoch, ConcurrentHashMap.newKeySet()));
    }

    /// From now on nothing is written, and nobody hears anything.
    void resigned(int partition) {
        elections.remove(partition);
    }

    /// The leader epoch of the election, or empty.
    OptionalInt electedEpoch(int partition) {
        Election election = elections.get(partition);
        return election == null ? OptionalInt.empty() : OptionalInt.of(election.leaderEpoch());
    }

    /// Something may have been committed.
    void applied(String topic, int partition) {
        Election election = elections.get(partition);
        if (election == null || election.listeners().isEmpty()) {
            return;
        }
        log.ends(partition)
                .ifPresent(ends -> {
                    if (ends.leaderEpoch() != election.leaderEpoch()) {
                        elections.remove(partition, election);
                    } else {
                        TopicPartition tp = new TopicPartition(topic, partition);
                        election.listeners()
                                .forEach(listener ->
                                        listener.onHighWatermarkUpdated(tp, ends.highWatermark()));
                    }
                });
    }

    @Override
    public void registerListener(TopicPartition tp, Listener listener) {
        Election election = elections.get(tp.partition());
        if (election != null) {
            election.listeners().add(listener);
            applied(tp.topic(), tp.partition()); // what was committed between the load and now
        }
    }

    @Override
    public void deregisterListener(TopicPartition tp, Listener listener) {
        elections.values().forEach(election -> election.listeners().remove(listener));
    }

    @Override
    public LogConfig config(TopicPartition tp) {
        return config.get();
    }

    @Override
    public long append(
            TopicPartition tp,
            VerificationGuard guard,
            MemoryRecords records,
            short transactionVersion) {
        Election election = elections.get(tp.partition());
        if (election == null) {
            throw new NotLeaderOrFollowerException("not elected: partition=" + tp);
        }
        ByteBuffer batches =
                ByteBuffer.allocate(records.sizeInBytes()); // the runtime uses its buffer again
        batches.put(records.buffer().duplicate()).flip();
        AppendTicket ticket =
                log.append(tp.partition(), batches, election.leaderEpoch(), transactionVersion);
        return switch (assigned(tp, ticket)) {
            case AppendTicket.Assigned.At at -> at.endOffset();
            case AppendTicket.Assigned.NotAppended refused -> throw refusal(tp, refused.outcome());
        };
    }

    private static AppendTicket.Assigned assigned(TopicPartition tp, AppendTicket ticket) {
        try {
            return ticket.assigned().get(ASSIGN_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn(
                    "shard's writer gave no offsets in time: partition={}, ms={}",
                    tp,
                    ASSIGN_TIMEOUT_MS);
            throw new NotLeaderOrFollowerException("no offsets in time: partition=" + tp);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotLeaderOrFollowerException("interrupted: partition=" + tp);
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "an append ticket failed: partition=" + tp, e.getCause());
        }
    }

    private static RuntimeException refusal(TopicPartition tp, AppendOutcome outcome) {
        Errors error =
                outcome instanceof AppendOutcome.Refused refused
                        ? refused.error()
                        : Errors.UNKNOWN_SERVER_ERROR;
        String message = "append refused: partition=" + tp + ", outcome=" + outcome;
        return switch (error) {
            case NOT_LEADER_OR_FOLLOWER,
                    FENCED_LEADER_EPOCH,
                    UNKNOWN_LEADER_EPOCH,
                    UNKNOWN_TOPIC_OR_PARTITION ->
                    new NotLeaderOrFollowerException(message);
            default -> error.exception(message);
        };
    }

    /// Stage 2 (transactions) verifies; without them there is nothing to verify.
    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
            TopicPartition tp,
            String transactionalId,
            long producerId,
            short producerEpoch,
            int apiVersion) {
        return CompletableFuture.completedFuture(VerificationGuard.SENTINEL);
    }

    /// The topic is compacted: old records go that way.
    @Override
    public CompletableFuture<Void> deleteRecords(TopicPartition tp, long deleteBeforeOffset) {
        return CompletableFuture.completedFuture(null);
    }
}
