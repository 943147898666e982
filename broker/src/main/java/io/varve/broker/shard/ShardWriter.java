// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.broker.raft.FatalHandler;
import io.varve.broker.raft.LogPosition;
import io.varve.broker.raft.RaftPeerName;
import io.varve.broker.raft.RaftRole;
import io.varve.broker.raft.SubmitOutcome;
import io.varve.manifest.PartitionId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts appends and commands into frames and hands them to Raft: one thread per shard, and the only
/// owner of what the leader assumes beyond applied state.
///
/// ```
/// FOLLOWING --elected and ready--> LEADING --not ready any more, submission refused, slice dropped, frame lost--> FOLLOWING
/// ```
///
/// There is no linger: a frame takes what is there when the last one was handed over. The outcome
/// of each submission is known before the next, so a frame that is not in the log leaves no frame
/// behind it.
final class ShardWriter implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardWriter.class);

    /// How often time limits and the role are looked at when nothing else happens.
    private static final long TICK_MS = 100;

    /// Events handled before frames are made again: bounds the time between two looks at the
    /// limits.
    private static final int EVENTS_PER_ROUND = 4_096;

    private final String name;
    private final RaftGroup raft;
    private final Function<PartitionId, Optional<PartitionReplica>> applied;
    private final LongSupplier appliedTimeMs;
    private final ShardLimits limits;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final LongConsumer commitTimes;
    private final FatalHandler fatal;

    private final LinkedBlockingQueue<Event> inbox =
            new LinkedBlockingQueue<>(); // bounded by the counters below
    private final AtomicInteger queuedRequests = new AtomicInteger();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final CopyOnWriteArrayList<ShardListener> listeners = new CopyOnWriteArrayList<>();

    /// Frames that Raft holds and that are not applied, by index. Changed by the writer thread,
    /// read by the flushing one.
    private final ConcurrentSkipListMap<Long, Frame> inFlight = new ConcurrentSkipListMap<>();

    private static final LogPosition NOTHING = new LogPosition(0, 0);
    private static final Comparator<LogPosition> LATER =
            Comparator.comparingLong(LogPosition::term).thenComparingLong(LogPosition::index);

    /// The last frame that is on this broker's disk.
    private final AtomicReference<LogPosition> flushedTo = new AtomicReference<>(NOTHING);

    private volatile Leadership leadership = Leadership.Elsewhere.UNKNOWN;
    private volatile boolean stopping;
    private volatile boolean ended;

    // Owned by the writer thread.
    private final Deque<Pending> waiting = new ArrayDeque<>();
    private int hurriedWaiting;
    private long bytesWaiting;
    private @Nullable Leading leading;
    private long bytesInFlight;
    private long lastFrameTimeMs;
    private long abandonedTerm = -1;

    private sealed interface Event {
        record Arrived(Pending pending) implements Event {}

        record Done(Frame frame, long index, Frame.End end) implements Event {}

        record RoleHint() implements Event {}

        record Listen(ShardListener listener) implements Event {}

        record HandOver(RaftPeerName next, Duration limit, CompletableFuture<Void> done)
                implements Event {}

        record HandedOver(Leading leadership) implements Event {}
    }

    private static final Event.RoleHint ROLE_HINT = new Event.RoleHint();

    ShardWriter(
            String name,
            RaftGroup raft,
            Function<PartitionId, Optional<PartitionReplica>> applied,
            LongSupplier appliedTimeMs,
            ShardLimits limits,
            InstantSource clock,
            LongSupplier nanos,
            LongConsumer commitTimes,
            FatalHandler fatal) {
        this.name = name;
        this.raft = raft;
        this.applied = applied;
        this.appliedTimeMs = appliedTimeMs;
        this.limits = limits;
        this.clock = clock;
        this.nanos = nanos;
        this.commitTimes = commitTimes;
        this.fatal = fatal;
    }

    /// Any thread.
    WriterLoad load() {
        return new WriterLoad(queuedRequests.get(), queuedBytes.get(), inFlight.size());
    }

    Leadership leadership() {
        return leadership;
    }

    /// Queues a request, or refuses it at once. Any thread.
    void offer(Pending pending) {
        if (!(leadership instanceof Leadership.Ready) || stopping) {
            pending.refuse(Errors.NOT_LEADER_OR_FOLLOWER, "shard is not led here: shard=" + name);
            return;
        }
        int bytes = pending.sizeInBytes();
        boolean tooMany = queuedRequests.incrementAndGet() > limits.queueRequestsMax();
        boolean tooLarge = queuedBytes.addAndGet(bytes) > limits.queueBytesMax();
        if (tooMany || tooLarge) {
            // Retriable for every client; the queue empties as frames commit.
            queuedRequests.decrementAndGet();
            queuedBytes.addAndGet(-bytes);
            pending.refuse(Errors.REQUEST_TIMED_OUT, "shard writer is full: shard=" + name);
            return;
        }
        inbox.add(new Event.Arrived(pending));
        if (ended) {
            refuseInbox(); // the writer has looked into its inbox for the last time
        }
    }

    /// Hands leadership to a member that has the whole log. What arrives meanwhile waits: it is
    /// refused when the other leads, and goes on when that did not work. Any thread.
    ///
    /// @return fails with the reason when the other did not take over in time
    CompletableFuture<Void> handOver(RaftPeerName next, Duration limit) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        inbox.add(new Event.HandOver(next, limit, done));
        if (ended) {
            refuseInbox();
        }
        return done;
    }

    void roleMayHaveChanged() {
        inbox.add(ROLE_HINT);
    }

    void addListener(ShardListener listener) {
        inbox.add(new Event.Listen(listener));
    }

    void removeListener(ShardListener listener) {
        listeners.remove(listener);
    }

    List<ShardListener> listeners() {
        return listeners;
    }

    /// This frame and all of its term before it are on this broker's disk. Says nothing about
    /// another term: an index may be written anew. Any thread.
    void flushed(LogPosition last) {
        flushedTo.accumulateAndGet(
                last, (known, now) -> LATER.compare(known, now) < 0 ? now : known);
        for (Frame frame : inFlight.headMap(last.index(), true).values()) {
            if (frame.table().writerTerm() == last.term()) {
                frame.durable().complete(null);
            }
        }
    }

    /// Stops after the event that is being handled; what waits is refused.
    void stop() {
        stopping = true;
        inbox.add(ROLE_HINT);
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                round(inbox.poll(TICK_MS, TimeUnit.MILLISECONDS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            // A shard that is led without a writer would refuse everything for ever, and nobody
            // would know.
            fatal.fatal("shard writer failed: shard=" + name, e);
            listeners.clear(); // one of them may be what failed; those who wait must be answered
        } finally {
            stopping = true;
            follow("shard is closed: shard=" + name, Leadership.Elsewhere.UNKNOWN);
            ended = true;
            refuseInbox();
        }
    }

    /// One round of [#run] that waits for nothing, for who has no threads.
    void step() {
        round(inbox.poll());
    }

    private void round(@Nullable Event first) {
        int handled = 0;
        for (Event event = first; event != null; event = inbox.poll()) {
            handle(event);
            if (++handled >= EVENTS_PER_ROUND) {
                break;
            }
        }
        if (first == null || leading == null) {
            lookAtRole();
        }
        expire();
        while (mayFrame()) {
            submitFrame();
        }
    }

    private void refuseInbox() {
        for (Event event = inbox.poll(); event != null; event = inbox.poll()) {
            switch (event) {
                case Event.Arrived(Pending pending) -> {
                    release(pending);
                    pending.refuse(Errors.NOT_LEADER_OR_FOLLOWER, "shard is closed: shard=" + name);
                }
                case Event.HandOver asked -> asked.done().completeExceptionally(notLed());
                default -> {}
            }
        }
    }

    private void handle(Event event) {
        switch (event) {
            case Event.Arrived(Pending pending) -> {
                if (leading == null) {
                    release(pending);
                    pending.refuse(
                            Errors.NOT_LEADER_OR_FOLLOWER, "shard is not led here: shard=" + name);
                } else {
                    waiting.add(pending);
                    bytesWaiting += pending.sizeInBytes();
                    hurriedWaiting += isHurried(pending) ? 1 : 0;
                }
            }
            case Event.Done done -> done(done);
            case Event.RoleHint hint -> lookAtRole();
            case Event.Listen(ShardListener listener) -> {
                listeners.add(listener);
                listener.onLeadership(leadership);
            }
            case Event.HandOver asked -> handOver(asked);
            case Event.HandedOver(Leading leadership) -> {
                leadership.goingAway(false);
                lookAtRole();
            }
        }
    }

    /// On this thread, so that no frame is half way to Raft when it stops taking them.
    private void handOver(Event.HandOver asked) {
        Leading current = leading;
        if (current == null || current.goesAway()) {
            asked.done().completeExceptionally(notLed());
            return;
        }
        current.goingAway(true);
        CompletableFuture<Void> transfer = raft.transferTo(asked.next(), asked.limit());
        var ignored =
                transfer.whenComplete((_, error) -> {
                    inbox.add(new Event.HandedOver(current));
                    if (error == null) {
                        asked.done().complete(transfer.resultNow());
                    } else {
                        asked.done().completeExceptionally(error);
                    }
                });
    }

    private IllegalStateException notLed() {
        return new IllegalStateException("shard is not led here, or goes already: shard=" + name);
    }

    /// A coordinator's thread waits for the offsets of what it appends, and a command is seldom:
    /// they do not wait for company.
    private static boolean isHurried(Pending pending) {
        return !(pending instanceof Pending.Append append
                && append.request().origin() == Origin.CLIENT);
    }

    /// It left the queue.
    private void tookOut(Pending pending) {
        bytesWaiting -= pending.sizeInBytes();
        hurriedWaiting -= isHurried(pending) ? 1 : 0;
        release(pending);
    }

    private void release(Pending pending) {
        queuedRequests.decrementAndGet();
        queuedBytes.addAndGet(-pending.sizeInBytes());
    }

    private void done(Event.Done done) {
        if (done.frame().leadership() != leading || leading == null) {
            return; // of a leadership that is over: its waiters were answered when it ended
        }
        inFlight.remove(done.index());
        bytesInFlight -= done.frame().sizeInBytes();
        leading.done(done.frame());
        switch (done.end()) {
            case Frame.End.Applied(ShardState.Result result) -> {
                commitTimes.accept(nanos.getAsLong() - done.frame().submittedNs());
                if (result.droppedAny()) {
                    abandon(
                            "slice dropped at apply: index="
                                    + done.index()
                                    + ", partitions="
                                    + result.dropped());
                }
            }
            case Frame.End.Lost(String why) ->
                    abandon("frame lost: index=" + done.index() + ", why=" + why);
        }
    }

    private void lookAtRole() {
        if (stopping) {
            return;
        }
        RaftRole role = raft.role();
        if (leading != null && (!role.ready() || role.term() != leading.term())) {
            follow("leadership lost: shard=" + name + ", term=" + leading.term(), seen(role));
        }
        if (leading == null) {
            if (role.ready() && role.term() > abandonedTerm) {
                lead(role.term());
            } else {
                show(seen(role));
            }
        }
    }

    private Leadership seen(RaftRole role) {
        return role.leader() && role.term() > abandonedTerm
                ? new Leadership.NotReady(role.term())
                : new Leadership.Elsewhere(
                        role.leader() ? java.util.OptionalInt.empty() : nodeOf(role));
    }

    private static java.util.OptionalInt nodeOf(RaftRole role) {
        return role.leaderPeer().map(RaftPeerName::nodeIdOf).orElse(java.util.OptionalInt.empty());
    }

    private void lead(long term) {
        leading = new Leading(term, applied);
        bytesInFlight = 0;
        // Everything of earlier terms is applied: with this, the time of frames never goes back
        // from leader to leader.
        lastFrameTimeMs = Math.max(lastFrameTimeMs, appliedTimeMs.getAsLong());
        show(new Leadership.Ready(term));
    }

    /// This leadership cannot go on: something that it assumed did not come true.
    private void abandon(String why) {
        Leading abandoned = leading;
        if (abandoned != null) {
            LOG.warn("stepping down: {}, shard={}, term={}", why, name, abandoned.term());
            abandonedTerm = abandoned.term();
            follow(why, Leadership.Elsewhere.UNKNOWN);
            raft.stepDown();
        }
    }

    /// Ends the leadership: nothing that it assumed survives, everybody who waits is answered. What
    /// was submitted may still commit.
    private void follow(String why, Leadership next) {
        Leading ended = leading;
        leading = null;
        if (ended != null) {
            // Before anybody hears of it: who was refused must not see what was only assumed.
            ended.end();
        }
        show(next);
        for (Pending pending = waiting.poll(); pending != null; pending = waiting.poll()) {
            tookOut(pending);
            pending.refuse(Errors.NOT_LEADER_OR_FOLLOWER, why);
        }
        inFlight.values().forEach(frame -> frame.giveUp(Errors.NOT_LEADER_OR_FOLLOWER, why));
        inFlight.clear();
        bytesInFlight = 0;
    }

    private void show(Leadership next) {
        if (!next.equals(leadership)) {
            LOG.info("shard {}: {} -> {}", name, leadership, next);
            leadership = next;
            listeners.forEach(listener -> listener.onLeadership(next));
        }
    }

    private void expire() {
        long now = nanos.getAsLong();
        while (!waiting.isEmpty() && waiting.getFirst().deadlineNs() - now <= 0) {
            Pending late = waiting.removeFirst();
            tookOut(late);
            late.refuse(
                    Errors.REQUEST_TIMED_OUT,
                    "shard writer did not get to it in time: shard=" + name);
        }
        for (Frame frame : inFlight.values()) {
            if (now - frame.submittedNs() < limits.produceTimeout().toNanos()) {
                break;
            }
            frame.giveUp(Errors.REQUEST_TIMED_OUT, "not committed in time: shard=" + name);
        }
    }

    private boolean mayFrame() {
        return leading != null
                && !leading.goesAway()
                && !waiting.isEmpty()
                && inFlight.size() < limits.framesInFlightMax()
                && (inFlight.size() < limits.pipelinedFramesMax()
                        || hurriedWaiting > 0
                        || bytesWaiting >= limits.frameBytesTarget())
                && bytesInFlight < limits.bytesInFlightMax()
                && !stopping;
    }

    private void submitFrame() {
        Leading current = leading;
        if (current == null) {
            return;
        }
        Frame frame = buildFrame(current);
        if (frame.table().slices().isEmpty()) {
            frame.repeats().forEach(this::answerRepeat);
            current.forgetIdle();
            return;
        }
        switch (raft.submit(frame.table().encode(), frame.body().duplicate())) {
            case SubmitOutcome.Refused(String why) -> {
                frame.giveUp(Errors.NOT_LEADER_OR_FOLLOWER, why);
                frame.repeats()
                        .forEach(repeat ->
                                repeat.append().refuse(Errors.NOT_LEADER_OR_FOLLOWER, why));
                abandon("submission refused: why=" + why);
            }
            case SubmitOutcome.Logged logged -> submitted(current, frame, logged);
        }
    }

    private Frame buildFrame(Leading current) {
        FrameBatch batch = FrameBatch.take(waiting, limits);
        lastFrameTimeMs = Math.max(lastFrameTimeMs, clock.millis());
        FrameBuilder builder = new FrameBuilder(current, lastFrameTimeMs, batch.bodyBytes());
        for (Pending pending : batch.requests()) {
            tookOut(pending);
            builder.add(pending);
        }
        return builder.build(nanos.getAsLong());
    }

    private void submitted(Leading current, Frame frame, SubmitOutcome.Logged logged) {
        long index = logged.position().index();
        inFlight.put(index, frame);
        bytesInFlight += frame.sizeInBytes();
        current.submitted(frame);
        current.forgetIdle();
        LogPosition flushed = flushedTo.get();
        if (flushed.term() == current.term() && flushed.index() >= index) {
            frame.durable().complete(null);
        }
        frame.answerWhenDone();
        frame.repeats().forEach(this::answerRepeat);
        CompletableFuture<Frame.End> end = logged.end().thenApply(how -> endOf(how, index));
        var ignored =
                end.thenAccept(how -> {
                    frame.end().complete(how);
                    inbox.add(new Event.Done(frame, index, how));
                });
    }

    private Frame.End endOf(SubmitOutcome.End how, long index) {
        ShardState.Result result = results.remove(index);
        return switch (how) {
            case SubmitOutcome.Applied applied ->
                    result == null
                            ? new Frame.End.Lost("applied by another leadership: index=" + index)
                            : new Frame.End.Applied(result);
            case SubmitOutcome.Lost(String why) -> new Frame.End.Lost(why);
        };
    }

    /// What applying this broker's own frames did, until their submissions hear of it. Cleared when
    /// a leadership ends.
    private final java.util.concurrent.ConcurrentHashMap<Long, ShardState.Result> results =
            new java.util.concurrent.ConcurrentHashMap<>();

    /// Apply thread.
    void applied(long term, long index, ShardState.Result result) {
        if (leadership instanceof Leadership.Ready(long readyTerm) && readyTerm == term) {
            results.put(index, result);
        } else {
            results.clear();
        }
    }

    private void answerRepeat(Frame.Repeat repeat) {
        if (repeat.endOffset() > repeat.replica().highWatermark()) {
            for (Frame frame : inFlight.values()) {
                if (frame.holds(repeat)) {
                    frame.answerWith(repeat);
                    return;
                }
            }
        }
        repeat.append().answer(repeat.outcome());
    }
}
