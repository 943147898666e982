// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import io.varve.broker.shard.Acks;
import io.varve.broker.shard.AppendOutcome;
import io.varve.broker.shard.AppendRequest;
import io.varve.broker.shard.AppendRules;
import io.varve.broker.shard.LocalShard;
import io.varve.broker.shard.Origin;
import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/// Those who write: some once and never again, some with sequences, who send again what they have
/// no answer for, some in transactions. They remember what was acknowledged, and know their batches
/// when they see them. Owner: the simulation.
final class Clients implements TrueLog.Watch {
    private static final int IN_FLIGHT_MAX = 5;
    private static final long GIVE_UP_MS = 6 * SimulatedWorld.HOUR_MS;

    private final SimulatedWorld world;
    private final SplittableRandom random;
    private final Map<Key, Sent> sent = new HashMap<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final Map<PartitionId, Producer> producers = new HashMap<>();
    private long values;
    private long producerIds = 1_000;

    private record Key(PartitionId id, int crc) {}

    /// One batch that was handed in, once or several times.
    private static final class Sent {
        final ByteBuffer batch;
        final int firstSequence;
        final int records;
        final long sinceMs;
        long seenAt = -1;

        /// Whether it was visible already when it was sent last, to the one who leads for sure.
        boolean mustBeKnown;

        @Nullable CompletableFuture<AppendOutcome> answer;

        Sent(ByteBuffer batch, int firstSequence, int records, long sinceMs) {
            this.batch = batch;
            this.firstSequence = firstSequence;
            this.records = records;
            this.sinceMs = sinceMs;
        }
    }

    private record Waiting(PartitionId id, Sent sent, CompletableFuture<AppendOutcome> answer) {}

    /// One that writes with sequences to one partition.
    private static final class Producer {
        final long id;
        final boolean transactional;
        final Deque<Sent> unanswered = new ArrayDeque<>();
        int nextSequence;

        Producer(long id, boolean transactional) {
            this.id = id;
            this.transactional = transactional;
        }
    }

    Clients(SimulatedWorld world, SplittableRandom random) {
        this.world = world;
        this.random = random;
    }

    /// The partition's topic is deleted.
    void forget(PartitionId id) {
        producers.remove(id);
        waiting.removeIf(each -> each.id().equals(id));
    }

    /// Everything anew, behind a restore.
    void forgetAll() {
        sent.clear();
        waiting.clear();
        producers.clear();
    }

    private SimpleRecord[] records() {
        SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(4)];
        for (int i = 0; i < records.length; i++) {
            byte[] value = new byte[8 + random.nextInt(900)];
            Arrays.fill(value, (byte) values);
            ByteBuffer.wrap(value).putLong(values++);
            records[i] = new SimpleRecord(world.clock.millis(), null, value);
        }
        return records;
    }

    /// Records that nobody sends again.
    void append(LocalShard shard, PartitionId id) {
        SimpleRecord[] records = records();
        Acks acks = random.nextInt(5) == 0 ? Acks.LEADER : Acks.ALL;
        ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, records).buffer();
        hand(shard, id, new Sent(batch, -1, records.length, world.clock.millis()), acks);
    }

    private void hand(LocalShard shard, PartitionId id, Sent batch, Acks acks) {
        sent.put(new Key(id, BatchHeader.at(batch.batch, batch.batch.position()).crc()), batch);
        CompletableFuture<AppendOutcome> answer =
                shard.append(
                                new AppendRequest(
                                        id,
                                        batch.batch.duplicate(),
                                        acks,
                                        Origin.CLIENT,
                                        AppendRules.DEFAULT))
                        .done();
        batch.answer = answer;
        if (acks == Acks.ALL) {
            waiting.add(new Waiting(id, batch, answer));
        }
    }

    /// The partition's producer sends again what has no good answer, or something new.
    ///
    /// @param leads whether that is the leader for sure, who knows all that is visible
    void produce(LocalShard shard, boolean leads, PartitionId id) {
        Producer producer =
                producers.computeIfAbsent(
                        id, _ -> new Producer(producerIds++, random.nextInt(3) == 0));
        while (!producer.unanswered.isEmpty() && isGood(producer.unanswered.getFirst())) {
            producer.unanswered.removeFirst();
        }
        Sent oldest = producer.unanswered.peekFirst();
        if (oldest != null && world.clock.millis() - oldest.sinceMs > GIVE_UP_MS) {
            producers.remove(id); // the broker may have forgotten it by now
            return;
        }
        if (oldest != null && oldest.answer != null && oldest.answer.isDone()) {
            for (Sent again : producer.unanswered) {
                again.mustBeKnown = leads && again.seenAt >= 0;
                hand(shard, id, again, Acks.ALL);
            }
            return;
        }
        if (oldest == null && producer.transactional && random.nextInt(3) == 0) {
            end(shard, id, producer);
            return;
        }
        if (producer.unanswered.size() < IN_FLIGHT_MAX) {
            Sent fresh = fresh(producer);
            producer.unanswered.add(fresh);
            hand(shard, id, fresh, Acks.ALL);
        }
    }

    private Sent fresh(Producer producer) {
        SimpleRecord[] records = records();
        int sequence = producer.nextSequence;
        ByteBuffer batch =
                producer.transactional
                        ? MemoryRecords.withTransactionalRecords(
                                        Compression.NONE, producer.id, (short) 0, sequence, records)
                                .buffer()
                        : MemoryRecords.withIdempotentRecords(
                                        Compression.NONE, producer.id, (short) 0, sequence, records)
                                .buffer();
        producer.nextSequence += records.length;
        return new Sent(batch, sequence, records.length, world.clock.millis());
    }

    private static boolean isGood(Sent sent) {
        return sent.answer != null
                && sent.answer.isDone()
                && !(sent.answer.resultNow() instanceof AppendOutcome.Refused);
    }

    private void end(LocalShard shard, PartitionId id, Producer producer) {
        ControlRecordType type =
                random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        ByteBuffer marker =
                MemoryRecords.withEndTransactionMarker(
                                0,
                                world.clock.millis(),
                                -1,
                                producer.id,
                                (short) 0,
                                new EndTransactionMarker(type, 0))
                        .buffer();
        var ignored =
                shard.append(
                        new AppendRequest(
                                id, marker, Acks.ALL, Origin.COORDINATOR, AppendRules.DEFAULT));
    }

    /// A batch is visible: somebody handed it in, and it was not visible before.
    @Override
    public void appeared(PartitionId id, BatchHeader batch) {
        if (batch.isControl()) {
            return;
        }
        Sent known = sent.get(new Key(id, batch.crc()));
        if (known == null) {
            throw new AssertionError("nobody wrote it: partition=" + id + ", batch=" + batch);
        }
        if (known.seenAt >= 0) {
            throw new AssertionError(
                    "written once, there twice: partition="
                            + id
                            + ", batch="
                            + batch
                            + ", before="
                            + known.seenAt);
        }
        known.seenAt = batch.baseOffset();
    }

    /// What was acknowledged meanwhile is visible where the answer says. While somebody leads: who
    /// does has applied it.
    void checkAnswers() {
        for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
            Waiting one = each.next();
            if (one.answer().isDone()) {
                each.remove();
                check(one);
            }
        }
    }

    private void check(Waiting one) {
        switch (one.answer().resultNow()) {
            case AppendOutcome.Appended appended -> isAt(one, appended.baseOffset());
            case AppendOutcome.Duplicate duplicate -> {
                world.tally.count(Tally.What.ANSWERED_AS_REPEATED, 1);
                isAt(one, duplicate.baseOffset());
            }
            case AppendOutcome.Refused refused -> {
                // perhaps it becomes visible all the same
                if (one.sent().mustBeKnown
                        && refused.error() == Errors.OUT_OF_ORDER_SEQUENCE_NUMBER) {
                    throw new AssertionError(
                            "sent again and not known: partition="
                                    + one.id()
                                    + ", seenAt="
                                    + one.sent().seenAt
                                    + ", answer="
                                    + refused);
                }
            }
        }
    }

    private void isAt(Waiting one, long baseOffset) {
        world.tally.count(Tally.What.ACKNOWLEDGED, 1);
        if (one.sent().seenAt != baseOffset) {
            throw new AssertionError(
                    "acknowledged and not there: partition="
                            + one.id()
                            + ", acknowledgedAt="
                            + baseOffset
                            + ", seenAt="
                            + one.sent().seenAt
                            + ", firstSequence="
                            + one.sent().firstSequence
                            + ", records="
                            + one.sent().records);
        }
    }
}
