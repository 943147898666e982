// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static io.varve.broker.shard.ShardBroker.SHARD;
import static io.varve.broker.shard.ShardBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.log.CommandSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.raft.LogPosition;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftRole;
import io.varve.broker.raft.SubmitOutcome;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.protocol.Errors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The writer against a Raft group that commits when the test says so.
class ShardWriterTest {
    private static final ShardLimits LIMITS =
            new ShardLimits(
                    50,
                    1 << 20,
                    2,
                    1 << 20,
                    2,
                    64 << 10,
                    256 << 10,
                    Duration.ofSeconds(30),
                    Duration.ofDays(1));

    private static final ShardLimits ONE_PARTIAL_FRAME =
            new ShardLimits(
                    LIMITS.queueRequestsMax(),
                    LIMITS.queueBytesMax(),
                    LIMITS.framesInFlightMax(),
                    LIMITS.bytesInFlightMax(),
                    1,
                    LIMITS.frameBytesTarget(),
                    LIMITS.entryBytesMax(),
                    LIMITS.produceTimeout(),
                    LIMITS.producerIdExpiration());

    private static final RaftPeerName OTHER = new RaftPeerName(2, "0".repeat(32));

    private final HeldRaft raft = new HeldRaft();
    private final AtomicLong nanos = new AtomicLong();
    private final RecordingFatal fatal = new RecordingFatal();
    private final ShardState state =
            new ShardState(SHARD, new MemoryFrameLog(), () -> 1, 86_400_000);
    private final BatchCheck check =
            new BatchCheck(() -> Instant.ofEpochMilli(TestBatches.TIME_MS), LIMITS.batchBytesMax());
    private ShardWriter writer = writer(LIMITS);
    private Thread thread = Thread.ofPlatform().daemon().unstarted(writer);

    private ShardWriter writer(ShardLimits limits) {
        return new ShardWriter(
                "1/1-0",
                raft,
                state::partition,
                state::lastFrameTimeMs,
                limits,
                () -> Instant.ofEpochMilli(TestBatches.TIME_MS),
                nanos::get,
                _ -> {},
                fatal);
    }

    @BeforeEach
    void lead() {
        state.apply(
                1,
                0,
                new FrameTable(
                        1,
                        0,
                        List.of(
                                new CommandSlice(
                                        new ShardCommand.OpenPartition(P0, "topic", "{}", 0, 0)))),
                kept -> {});
        startWriter();
    }

    private void startWriter() {
        thread.start();
        Awaitility.await().until(() -> writer.leadership() instanceof Leadership.Ready);
    }

    @AfterEach
    void stop() throws Exception {
        writer.stop();
        thread.join(10_000);
    }

    @Test
    void aRepeatedSendInFlightIsAnsweredWithTheOldOffsetWhenThatIsCommitted() {
        AppendTicket first = append(TestBatches.idempotent(5, 0, 0, 3));
        get(first.assigned());
        AppendTicket again = append(TestBatches.idempotent(5, 0, 0, 3));
        get(again.assigned());

        assertThat(again.done()).isNotDone();
        raft.commit(0);

        assertThat(get(first.done())).isInstanceOf(AppendOutcome.Appended.class);
        assertThat(get(again.done())).isEqualTo(new AppendOutcome.Duplicate(0, 3, 0));
    }

    @Test
    void aProducerThatBeginsInTheMiddleSendsAgainSoThatWhatComesBeforeFindsItsPlace() {
        raft.role = new RaftRole(2, true, false, Optional.empty());
        writer.roleMayHaveChanged();
        Awaitility.await().until(() -> writer.leadership().equals(new Leadership.NotReady(2)));
        assertThat(error(append(TestBatches.idempotent(5, 0, 0, 3))))
                .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        raft.role = new RaftRole(2, true, true, Optional.empty());
        writer.roleMayHaveChanged();
        Awaitility.await().until(() -> writer.leadership().equals(new Leadership.Ready(2)));
        assertThat(error(append(TestBatches.idempotent(5, 0, 3, 1))))
                .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);

        assertThat(get(append(TestBatches.idempotent(5, 0, 0, 3)).assigned()))
                .isEqualTo(new AppendTicket.Assigned.At(0, 3));
        assertThat(get(append(TestBatches.idempotent(5, 0, 3, 1)).assigned()))
                .isEqualTo(new AppendTicket.Assigned.At(3, 4));
    }

    @Test
    void aProducerThatWasForgottenGoesOnWhenItSendsAgain() {
        assertThat(error(append(TestBatches.idempotent(5, 0, 7, 1))))
                .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        assertThat(get(append(TestBatches.idempotent(5, 0, 7, 1)).assigned()))
                .isEqualTo(new AppendTicket.Assigned.At(0, 1));
    }

    @Test
    void assumesWhatIsInFlightAndForgetsItWhenTheLeadershipIsLost() {
        get(append(TestBatches.idempotent(5, 0, 0, 3)).assigned());
        AppendTicket next = append(TestBatches.idempotent(5, 0, 3, 1));
        assertThat(get(next.assigned())).isEqualTo(new AppendTicket.Assigned.At(3, 4));
        assertThat(state.partition(P0).orElseThrow().appendedEnd()).isEqualTo(4);

        raft.role = new RaftRole(2, false, false, Optional.empty());
        writer.roleMayHaveChanged();

        assertThat(error(next)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        assertThat(state.partition(P0).orElseThrow().appendedEnd()).isZero();
        raft.role = new RaftRole(3, true, true, Optional.empty());
        writer.roleMayHaveChanged();
        Awaitility.await().until(() -> writer.leadership().equals(new Leadership.Ready(3)));
        assertThat(get(append(TestBatches.idempotent(5, 0, 0, 1)).assigned()))
                .isEqualTo(new AppendTicket.Assigned.At(0, 1));
    }

    @Test
    void aRefusedSubmissionMakesItStepDownAndNothingFollowsIt() {
        raft.refuse = true;
        AppendTicket refused = append(TestBatches.plain(1));

        assertThat(error(refused)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        Awaitility.await().until(() -> raft.steppedDown);
        raft.refuse = false;
        // Raft still shows the old term as ready: it is not taken up again.
        writer.roleMayHaveChanged();
        assertThat(error(append(TestBatches.plain(1)))).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        assertThat(raft.frames).isEmpty();
    }

    @Test
    void whatArrivesWhileLeadershipIsHandedOverWaitsAndNothingStepsDown() {
        CompletableFuture<Void> handedOver = handOver();
        AppendTicket late = append(TestBatches.plain(1));

        raft.role = new RaftRole(2, false, false, Optional.of(OTHER.toString()));
        raft.transfer.complete(null);

        assertThat(error(late)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        assertThat(handedOver).isCompleted();
        assertThat(raft.steppedDown).isFalse();
    }

    @Test
    void aHandOverThatFailsLetsTheLeaderGoOnWithWhatWaited() {
        CompletableFuture<Void> handedOver = handOver();
        AppendTicket late = append(TestBatches.plain(1));

        raft.refuse = false;
        raft.transfer.completeExceptionally(new IllegalStateException("timed out"));

        get(late.assigned());
        raft.commit(0);
        assertThat(get(late.done())).isInstanceOf(AppendOutcome.Appended.class);
        assertThat(handedOver).isCompletedExceptionally();
        assertThat(raft.steppedDown).isFalse();
    }

    @Test
    void aSliceDroppedAtApplyMakesItStepDown() {
        AppendTicket ticket = append(TestBatches.plain(1));
        get(ticket.assigned());
        state.partition(P0)
                .orElseThrow()
                .change(ledger -> {
                    ledger.append(
                            new io.varve.manifest.state.BatchFacts(
                                    0,
                                    9,
                                    100,
                                    0,
                                    -1,
                                    (short) -1,
                                    -1,
                                    false,
                                    io.varve.manifest.state.BatchFacts.Kind.DATA,
                                    -1),
                            1,
                            0);
                    return true;
                });
        raft.commit(0);

        assertThat(error(ticket)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        Awaitility.await().until(() -> raft.steppedDown);
    }

    @Test
    void neverMoreFramesInFlightThanTheLimitAndWhatWaitsBecomesOneFrame() {
        List<AppendTicket> tickets = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            tickets.add(append(TestBatches.plain(1)));
            if (i < 2) {
                get(tickets.getLast().assigned());
            }
        }
        Awaitility.await().until(() -> raft.frames.size() == 2);
        raft.commit(0);
        Awaitility.await().until(() -> raft.frames.size() == 3);
        raft.commit(1);
        raft.commit(2);

        tickets.forEach(ticket ->
                assertThat(get(ticket.done())).isInstanceOf(AppendOutcome.Appended.class));
        assertThat(raft.frames).hasSize(3);
    }

    @Test
    void aFullQueueRefusesWithARetriableError() {
        List<AppendTicket> tickets = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            tickets.add(append(TestBatches.plain(1)));
        }

        assertThat(tickets)
                .anySatisfy(ticket ->
                        assertThat(ticket.done().getNow(null))
                                .isInstanceOfSatisfying(
                                        AppendOutcome.Refused.class,
                                        refused ->
                                                assertThat(refused.error().exception())
                                                        .isInstanceOf(
                                                                org.apache.kafka.common.errors
                                                                        .RetriableException
                                                                        .class)));
    }

    @Test
    void soManyRequestsWaitAndNotOneMoreAndTheQueueCountsRightAfterwards() {
        holdTwoFrames();
        List<AppendTicket> accepted = new ArrayList<>();
        for (int i = 0; i < LIMITS.queueRequestsMax(); i++) {
            accepted.add(append(TestBatches.plain(1)));
            assertThat(accepted.getLast().done()).isNotDone();
        }
        WriterLoad full = writer.load();
        assertThat(full.queuedRequests()).isEqualTo(LIMITS.queueRequestsMax());

        for (int i = 0; i < 3; i++) {
            assertThat(append(TestBatches.plain(1)).done().getNow(null))
                    .isInstanceOfSatisfying(
                            AppendOutcome.Refused.class,
                            refused ->
                                    assertThat(refused.error())
                                            .isEqualTo(Errors.REQUEST_TIMED_OUT));
        }
        assertThat(writer.load()).isEqualTo(full);

        commitAll(accepted);
        assertThat(writer.load()).isEqualTo(new WriterLoad(0, 0, 0));
    }

    @Test
    void soManyBytesWaitAndTheQueueCountsRightAfterwards() {
        holdTwoFrames();
        int size = 200 << 10;
        List<AppendTicket> accepted = new ArrayList<>();
        for (int i = 0; i < LIMITS.queueBytesMax() / size; i++) {
            accepted.add(append(TestBatches.sized(size)));
            assertThat(accepted.getLast().done()).isNotDone();
        }
        WriterLoad full = writer.load();
        assertThat(full.queuedBytes())
                .isBetween(LIMITS.queueBytesMax() - size, LIMITS.queueBytesMax());

        for (int i = 0; i < 3; i++) {
            assertThat(error(append(TestBatches.sized(size)))).isEqualTo(Errors.REQUEST_TIMED_OUT);
        }
        assertThat(writer.load()).isEqualTo(full);
        accepted.add(append(TestBatches.plain(1))); // a small one still fits

        commitAll(accepted);
        assertThat(writer.load()).isEqualTo(new WriterLoad(0, 0, 0));
    }

    @Test
    void nobodyWaitsLongerThanTheTimeLimitNeitherForTheWriterNorForTheCommit() {
        AppendTicket submitted = append(TestBatches.idempotent(5, 0, 0, 1));
        get(submitted.assigned());
        get(append(TestBatches.plain(1)).assigned());
        AppendTicket waiting = append(TestBatches.plain(1));
        nanos.addAndGet(LIMITS.produceTimeout().toNanos() - 1);
        assertThat(submitted.done()).isNotDone();

        nanos.addAndGet(1);
        assertThat(error(submitted)).isEqualTo(Errors.REQUEST_TIMED_OUT);
        assertThat(error(waiting)).isEqualTo(Errors.REQUEST_TIMED_OUT);

        // The outcome was unknown, not lost: a retry finds what was committed after all.
        raft.commit(0);
        raft.commit(1);
        assertThat(get(append(TestBatches.idempotent(5, 0, 0, 1)).done()))
                .isEqualTo(new AppendOutcome.Duplicate(0, 1, 0));
    }

    @Test
    void aWriterThatFailsEndsTheProcessAndLeavesNobodyWaiting() {
        AppendTicket ticket = append(TestBatches.plain(1));
        get(ticket.assigned());
        writer.addListener(
                new ShardListener() {
                    @Override
                    public void onLeadership(Leadership leadership) {
                        throw new IllegalStateException("told to");
                    }
                });

        assertThat(error(ticket)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        assertThat(fatal.facts).hasSize(1);
        assertThat(error(append(TestBatches.plain(1)))).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    }

    @Test
    void whatIsOfferedWhileItStopsIsAnswered() throws Exception {
        CompletableFuture<List<AppendTicket>> offered =
                CompletableFuture.supplyAsync(() -> {
                    List<AppendTicket> tickets = new ArrayList<>();
                    while (tickets.isEmpty()
                            || !(tickets.getLast().done().getNow(null)
                                    instanceof AppendOutcome.Refused refused)
                            || refused.error() == Errors.REQUEST_TIMED_OUT) {
                        tickets.add(append(TestBatches.plain(1)));
                    }
                    return tickets;
                });
        writer.stop();

        for (AppendTicket ticket : get(offered)) {
            assertThat(get(ticket.done())).isInstanceOf(AppendOutcome.Refused.class);
            assertThat(ticket.assigned()).isDone();
        }
    }

    /// Instead of the one that was started.
    private void writeOnePartialFrameAtATime() throws Exception {
        stop();
        writer = writer(ONE_PARTIAL_FRAME);
        thread = Thread.ofPlatform().daemon().unstarted(writer);
        startWriter();
    }

    @Test
    void whatFillsNoFrameWaitsForTheOneUnderWayAndSharesTheNext() throws Exception {
        writeOnePartialFrameAtATime();
        AppendTicket first = append(TestBatches.plain(1));
        get(first.assigned());
        List<AppendTicket> company =
                List.of(append(TestBatches.plain(1)), append(TestBatches.plain(2)));

        writer.flushed(raft.frames.get(0).position());
        assertThat(company).noneMatch(ticket -> ticket.assigned().isDone());
        raft.commit(0);

        assertThat(get(company.getLast().assigned())).isEqualTo(new AppendTicket.Assigned.At(2, 4));
        assertThat(raft.frames).hasSize(2);
    }

    @Test
    void aFullFrameDoesNotWait() throws Exception {
        writeOnePartialFrameAtATime();
        get(append(TestBatches.plain(1)).assigned());
        AppendTicket full = append(TestBatches.sized(ONE_PARTIAL_FRAME.frameBytesTarget() + 100));

        assertThat(get(full.assigned())).isInstanceOf(AppendTicket.Assigned.At.class);
        assertThat(raft.frames).hasSize(2);
    }

    @Test
    void aCoordinatorWhichWaitsForItsOffsetsDoesNotWaitForAFrame() throws Exception {
        writeOnePartialFrameAtATime();
        get(append(TestBatches.plain(1)).assigned());
        AppendTicket producers = append(TestBatches.plain(1));
        AppendTicket coordinators = offer(TestBatches.plain(1), Acks.ALL, Origin.COORDINATOR);

        assertThat(get(coordinators.assigned())).isEqualTo(new AppendTicket.Assigned.At(2, 3));
        assertThat(get(producers.assigned())).isEqualTo(new AppendTicket.Assigned.At(1, 2));
        assertThat(raft.frames).hasSize(2);
    }

    private void holdTwoFrames() {
        for (int i = 0; i < LIMITS.framesInFlightMax(); i++) {
            get(append(TestBatches.plain(1)).assigned());
        }
    }

    private void commitAll(List<AppendTicket> tickets) {
        int committed = 0;
        while (!tickets.stream().allMatch(ticket -> ticket.done().isDone())) {
            int next = committed;
            Awaitility.await().until(() -> raft.frames.size() > next);
            raft.commit(committed++);
        }
        tickets.forEach(ticket ->
                assertThat(get(ticket.done())).isInstanceOf(AppendOutcome.Appended.class));
        int last = committed;
        Awaitility.await()
                .until(() -> last == raft.frames.size() && writer.load().framesInFlight() == 0);
    }

    @Test
    void acksOneIsAnsweredWhenTheFrameIsOnThisBrokersDisk() {
        AppendTicket ticket = offer(TestBatches.plain(1), Acks.LEADER);
        get(ticket.assigned());
        assertThat(ticket.done()).isNotDone();

        writer.flushed(raft.frames.get(0).position());

        assertThat(get(ticket.done())).isInstanceOf(AppendOutcome.Appended.class);
    }

    @Test
    void whatWasFlushedInAnEarlierTermSaysNothingAboutTheSameIndexNow() {
        // As a follower this broker had written further than its log reaches now.
        writer.flushed(new LogPosition(0, 100));
        AppendTicket ticket = offer(TestBatches.plain(1), Acks.LEADER);
        get(ticket.assigned());
        assertThat(ticket.done()).isNotDone();

        writer.flushed(new LogPosition(0, 101)); // a flush that was under way
        assertThat(ticket.done()).isNotDone();

        writer.flushed(raft.frames.get(0).position());
        assertThat(get(ticket.done())).isInstanceOf(AppendOutcome.Appended.class);
    }

    private AppendTicket append(ByteBuffer batches) {
        return offer(batches, Acks.ALL);
    }

    private AppendTicket offer(ByteBuffer batches, Acks acks) {
        return offer(batches, acks, Origin.CLIENT);
    }

    private AppendTicket offer(ByteBuffer batches, Acks acks, Origin origin) {
        AppendRequest request = new AppendRequest(P0, batches, acks, origin, AppendRules.DEFAULT);
        Pending.Append pending =
                new Pending.Append(
                        request,
                        (BatchCheck.Result.Good) check.check(request),
                        new CompletableFuture<>(),
                        new CompletableFuture<>(),
                        nanos.get() + TimeUnit.SECONDS.toNanos(30));
        writer.offer(pending);
        return new AppendTicket(pending.assigned(), pending.done());
    }

    private CompletableFuture<Void> handOver() {
        CompletableFuture<Void> done = writer.handOver(OTHER, Duration.ofSeconds(2));
        Awaitility.await().until(() -> OTHER.equals(raft.transferredTo));
        return done;
    }

    private static Errors error(AppendTicket ticket) {
        return ((AppendOutcome.Refused) get(ticket.done())).error();
    }

    /// A Raft group that logs frames and commits them when it is told to.
    private final class HeldRaft implements RaftGroup {
        record Held(
                LogPosition position, FrameTable table, CompletableFuture<SubmitOutcome.End> end) {}

        final List<Held> frames = new CopyOnWriteArrayList<>();
        volatile RaftRole role = new RaftRole(1, true, true, Optional.empty());
        volatile boolean refuse;
        volatile boolean steppedDown;
        final CompletableFuture<Void> transfer = new CompletableFuture<>();
        volatile @Nullable RaftPeerName transferredTo;

        @Override
        public SubmitOutcome submit(ByteBuffer table, ByteBuffer body) {
            if (refuse) {
                return new SubmitOutcome.Refused("told to");
            }
            Held held =
                    new Held(
                            new LogPosition(role.term(), frames.size() + 1L),
                            FrameTable.decode(table),
                            new CompletableFuture<>());
            frames.add(held);
            return new SubmitOutcome.Logged(held.position(), held.end());
        }

        @Override
        public RaftRole role() {
            return role;
        }

        @Override
        public void stepDown() {
            steppedDown = true;
        }

        @Override
        public CompletableFuture<Void> transferTo(RaftPeerName next, Duration limit) {
            refuse = true; // as Ratis does from here on
            transferredTo = next;
            return transfer;
        }

        void commit(int frame) {
            Held held = frames.get(frame);
            long term = held.position().term();
            long index = held.position().index();
            writer.applied(term, index, state.apply(term, index, held.table(), kept -> {}));
            held.end().complete(new SubmitOutcome.Applied());
        }
    }
}
