// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendRequest;
import io.varve.broker.shard.AppendTicket;
import io.varve.broker.shard.CommandOutcome;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.PartitionView;
import io.varve.broker.shard.Shard;
import io.varve.broker.shard.ShardListener;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.ProducerState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/// A shard that commits at once, in memory; checks no producers. Its leadership is what the test
/// says.
final class MemoryShard implements Shard {
    static final int LEADER_EPOCH = 7;

    private final Map<PartitionId, MemoryPartition> partitions = new ConcurrentHashMap<>();
    private final List<ShardListener> listeners = new CopyOnWriteArrayList<>();
    volatile Leadership leadership = new Leadership.Ready(LEADER_EPOCH);
    volatile boolean leadsForSure = true;

    MemoryPartition open(PartitionId id, String topic) {
        return partitions.computeIfAbsent(id, each -> new MemoryPartition(this, each, topic));
    }

    void close(PartitionId id) {
        partitions.remove(id);
    }

    MemoryPartition of(PartitionId id) {
        return partitions.get(id);
    }

    @Override
    public ShardId id() {
        return new ShardId(1, 1, 0);
    }

    @Override
    public Leadership leadership() {
        return leadership;
    }

    @Override
    public boolean cutOff() {
        return false;
    }

    @Override
    public boolean leadsForSure() {
        return leadsForSure;
    }

    @Override
    public AppendTicket append(AppendRequest request) {
        MemoryPartition partition = partitions.get(request.id());
        AppendOutcome outcome =
                partition == null
                        ? new AppendOutcome.Refused(
                                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                                "no partition: id=" + request.id())
                        : partition.append(request.batches());
        listeners.forEach(listener -> listener.onApplied(Set.of(request.id())));
        return AppendTicket.answered(outcome);
    }

    @Override
    public CompletableFuture<CommandOutcome> submit(ShardCommand command) {
        if (command instanceof ShardCommand.MoveLogStart move) {
            partitions.get(move.id()).logStart = move.logStart();
            return CompletableFuture.completedFuture(new CommandOutcome.Applied(1));
        }
        throw new IllegalArgumentException("not a command of this test: " + command);
    }

    @Override
    public Optional<PartitionView> partition(PartitionId id) {
        return Optional.ofNullable(partitions.get(id));
    }

    @Override
    public Collection<PartitionView> partitions() {
        return List.copyOf(partitions.values());
    }

    @Override
    public void addListener(ShardListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(ShardListener listener) {
        listeners.remove(listener);
    }

    /// A list of batches.
    static final class MemoryPartition implements PartitionView {
        private final MemoryShard shard;
        private final PartitionId id;
        private final String topic;
        private final List<ByteBuffer> batches = new ArrayList<>();
        private volatile long end;
        volatile long logStart;

        MemoryPartition(MemoryShard shard, PartitionId id, String topic) {
            this.shard = shard;
            this.id = id;
            this.topic = topic;
        }

        synchronized AppendOutcome append(ByteBuffer records) {
            ByteBuffer copy =
                    ByteBuffer.allocate(records.remaining()).put(records.duplicate()).flip();
            long base = end;
            long next = base;
            try {
                for (MutableRecordBatch batch : MemoryRecords.readableRecords(copy).batches()) {
                    batch.ensureValid();
                    next += batch.lastOffset() - batch.baseOffset() + 1;
                    batch.setLastOffset(next - 1);
                    batch.setPartitionLeaderEpoch(LEADER_EPOCH);
                }
            } catch (CorruptRecordException e) {
                return new AppendOutcome.Refused(Errors.CORRUPT_MESSAGE, e.getMessage());
            }
            batches.add(copy);
            end = next;
            return new AppendOutcome.Appended(base, next, OptionalLong.empty(), logStart);
        }

        /// Whole batches from the one that holds the offset on; at least one if there is one.
        synchronized List<ByteBuffer> read(long offset, int maxBytes, boolean oneAtLeast) {
            List<ByteBuffer> found = new ArrayList<>();
            int bytes = 0;
            for (ByteBuffer each : batches) {
                MutableRecordBatch batch =
                        MemoryRecords.readableRecords(each).batches().iterator().next();
                if (batch.lastOffset() < offset) {
                    continue;
                }
                bytes += each.remaining();
                if (bytes > maxBytes && !(found.isEmpty() && oneAtLeast)) {
                    break;
                }
                found.add(each.duplicate());
            }
            return found;
        }

        @Override
        public PartitionId id() {
            return id;
        }

        @Override
        public ShardId shard() {
            return shard.id();
        }

        @Override
        public PartitionState state() {
            throw new UnsupportedOperationException();
        }

        @Override
        public String topicName() {
            return topic;
        }

        @Override
        public String topicRecord() {
            return "{}";
        }

        @Override
        public long logStart() {
            return logStart;
        }

        @Override
        public long hotStart() {
            return logStart;
        }

        @Override
        public long archivedEnd() {
            return logStart;
        }

        @Override
        public long highWatermark() {
            return end;
        }

        @Override
        public long lastStableOffset() {
            return end;
        }

        @Override
        public long appendedEnd() {
            return end;
        }

        @Override
        public int leaderEpoch() {
            return LEADER_EPOCH;
        }

        @Override
        public List<EpochStart> epochs() {
            return List.of(new EpochStart(LEADER_EPOCH, 0));
        }

        @Override
        public Optional<EpochEnd> endOffsetForEpoch(int epoch) {
            return epoch == LEADER_EPOCH ? Optional.of(new EpochEnd(epoch, end)) : Optional.empty();
        }

        @Override
        public List<AbortedTxn> abortedIn(long from, long to) {
            return List.of();
        }

        @Override
        public long abortedKnownFrom() {
            return 0;
        }

        @Override
        public PartitionState.ManifestRef manifest() {
            return PartitionState.ManifestRef.NONE;
        }

        @Override
        public Collection<ProducerState> producers() {
            return List.of();
        }

        @Override
        public long localBytes() {
            return batches.stream().mapToLong(ByteBuffer::remaining).sum();
        }

        @Override
        public List<HotRange> hotRows(long offset, long maxBytes) {
            return List.of();
        }

        @Override
        public Optional<HotRange> hotRowForTimestamp(long timestampMs) {
            return Optional.empty();
        }

        @Override
        public Optional<HotLease> lease(HotRange range) {
            return Optional.empty();
        }

        @Override
        public boolean closed() {
            return shard.of(id) == null;
        }
    }
}
