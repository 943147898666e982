// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.log.CommandSlice;
import io.varve.broker.log.DataSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.log.Slice;
import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.ProducerBatch;
import io.varve.manifest.state.ProducerState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;

/// Makes one frame of what was waiting: assigns offsets, checks producers against the speculative
/// state, copies each batch once into the frame's body, where base offset and leader epoch are set.
/// Requests that do not fit the state are answered here. Used once. Owner: the shard's writer
/// thread.
final class FrameBuilder {
    private final Leading leading;
    private final long timeMs;
    private final ByteBuffer body;
    private final List<Slice> slices = new ArrayList<>();
    private final List<Frame.Placed> placed = new ArrayList<>();
    private final List<Frame.Repeat> repeats = new ArrayList<>();
    private final List<Pending.Command> commands = new ArrayList<>();
    private final Set<PartitionId> partitions = new HashSet<>();
    private final Map<PartitionId, List<Pending.Append>> waiting = new LinkedHashMap<>();

    /// @param timeMs the leader's time, not below that of the last frame
    /// @param bodyBytes what all requests of the frame need together
    FrameBuilder(Leading leading, long timeMs, int bodyBytes) {
        this.leading = leading;
        this.timeMs = timeMs;
        this.body = ByteBuffer.allocate(bodyBytes);
    }

    /// Requests of one partition come together, so that a frame has one slice per partition; none
    /// passes a command.
    void add(Pending pending) {
        switch (pending) {
            case Pending.Append append ->
                    waiting.computeIfAbsent(append.request().id(), id -> new ArrayList<>())
                            .add(append);
            case Pending.Command command -> {
                placeWaiting();
                place(command);
            }
        }
    }

    /// @return the frame; without slices when every request was answered
    Frame build(long nowNs) {
        placeWaiting();
        body.flip();
        return new Frame(
                leading,
                new FrameTable(leading.term(), timeMs, slices),
                body,
                List.copyOf(placed),
                List.copyOf(repeats),
                List.copyOf(commands),
                Set.copyOf(partitions),
                nowNs,
                new CompletableFuture<>(),
                new CompletableFuture<>());
    }

    private void place(Pending.Command command) {
        if (command.command() instanceof ShardCommand.ClosePartition close) {
            SpeculativePartition partition = leading.partition(close.id());
            if (partition != null) {
                partition.close(); // nothing is appended behind it: its slice would be dropped
                partitions.add(close.id());
            }
        }
        slices.add(new CommandSlice(command.command()));
        commands.add(command);
    }

    private void placeWaiting() {
        waiting.forEach(this::place);
        waiting.clear();
    }

    private void place(PartitionId id, List<Pending.Append> appends) {
        SpeculativePartition partition = leading.partition(id);
        if (partition == null || partition.closing()) {
            appends.forEach(append ->
                    append.refuse(
                            Errors.UNKNOWN_TOPIC_OR_PARTITION,
                            "partition is not open here: partition=" + id));
            return;
        }
        int epoch = partition.replica().baseEpoch() + Math.toIntExact(leading.term());
        int start = body.position();
        List<BatchFacts> facts = new ArrayList<>();
        for (Pending.Append append : appends) {
            place(partition, epoch, append, facts);
        }
        if (!facts.isEmpty()) {
            slices.add(new DataSlice(id, epoch, start, body.position() - start, facts));
            partitions.add(id);
        }
    }

    private void place(
            SpeculativePartition partition,
            int epoch,
            Pending.Append append,
            List<BatchFacts> facts) {
        int expected = append.request().expectedLeaderEpoch();
        if (expected != AppendRequest.ANY_EPOCH && expected != epoch) {
            append.refuse(
                    expected < epoch ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH,
                    "leader epoch is another: expected=" + expected + ", current=" + epoch);
            return;
        }
        int start = body.position();
        long base = partition.end();
        long end = base;
        List<BatchFacts> own = new ArrayList<>(append.batches().checked().size());
        Map<Long, ProducerState> producers = new HashMap<>();
        for (BatchCheck.Checked batch : append.batches().checked()) {
            BatchFacts fact = copy(append, batch, end, epoch);
            ProducerRules.Verdict verdict = judge(partition, producers, append.request(), fact);
            if (!(verdict instanceof ProducerRules.Verdict.Fits)) {
                body.position(start);
                answer(partition, append, verdict);
                return;
            }
            own.add(fact);
            end = fact.endOffset();
        }
        partition.advance(end, producers);
        facts.addAll(own);
        OptionalLong logAppendTimeMs =
                append.request().rules().timestampType() == TimestampType.LOG_APPEND_TIME
                        ? OptionalLong.of(timeMs)
                        : OptionalLong.empty();
        placed.add(new Frame.Placed(append, base, end, logAppendTimeMs, partition.replica()));
    }

    private BatchFacts copy(
            Pending.Append append, BatchCheck.Checked batch, long baseOffset, int epoch) {
        int at = body.position();
        body.put(batch.header().bytes());
        BatchHeader header = BatchHeader.at(body, at);
        header.setBaseOffset(baseOffset);
        header.setPartitionLeaderEpoch(epoch);
        if (append.request().rules().timestampType() == TimestampType.LOG_APPEND_TIME) {
            header.setMaxTimestamp(TimestampType.LOG_APPEND_TIME, timeMs);
        } else {
            header.setMaxTimestamp(TimestampType.CREATE_TIME, batch.maxTimestampMs());
        }
        return header.facts();
    }

    private ProducerRules.Verdict judge(
            SpeculativePartition partition,
            Map<Long, ProducerState> producers,
            AppendRequest request,
            BatchFacts fact) {
        if (!fact.hasProducer()) {
            return new ProducerRules.Verdict.Fits();
        }
        ProducerState state = producers.get(fact.producerId());
        if (state == null) {
            state = partition.producer(fact.producerId());
        }
        ProducerRules.Verdict verdict =
                ProducerRules.check(state, fact, request.origin(), request.transactionVersion());
        if (!(verdict instanceof ProducerRules.Verdict.Fits)) {
            return verdict;
        }
        if (state == null
                && request.origin() == Origin.CLIENT
                && !leading.unknownProducers().mayBeginWith(request.id(), fact, timeMs)) {
            return new ProducerRules.Verdict.Refused(
                    Errors.NOT_LEADER_OR_FOLLOWER,
                    "unknown producer begins in the middle, send again: producerId="
                            + fact.producerId()
                            + ", baseSequence="
                            + fact.baseSequence());
        }
        producers.put(fact.producerId(), ProducerRules.after(state, fact, timeMs));
        return verdict;
    }

    private void answer(
            SpeculativePartition partition, Pending.Append append, ProducerRules.Verdict verdict) {
        switch (verdict) {
            case ProducerRules.Verdict.Refused(Errors error, String message) ->
                    append.refuse(error, message);
            case ProducerRules.Verdict.Repeats(ProducerBatch batch) ->
                    repeats.add(
                            new Frame.Repeat(
                                    append,
                                    batch.baseOffset(),
                                    batch.lastOffset() + 1,
                                    partition.replica()));
            case ProducerRules.Verdict.Fits fits ->
                    throw new IllegalStateException(
                            "batch that fits has no answer yet: partition="
                                    + append.request().id());
        }
    }
}
