// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackWriter;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ships committed frames of one shard as journals: bounds what a disaster can cost.
///
/// Committed entries never change, so whoever finds a journal in the place of its own takes it in
/// and goes on behind it. A frame without records and facts causes no journal; the next one covers
/// it.
///
/// ```
/// COLLECTING --due--> PUTTING --stored--> COLLECTING
///                     PUTTING --already there, outcome unknown--> READING --absent--> PUTTING
///                                                                 READING --theirs or ours--> COLLECTING
/// any --leadership lost, END, divergence--> STOPPED
/// ```
///
/// Owner: the thread that steps; [#flush], [#lag] and the getters are thread-safe.
final class Journaler implements Stepper {
    /// Entries looked at in one step; frames without records count too.
    private static final int ENTRIES_MAX = 4_096;

    /// Flushes that wait at once; more are refused.
    static final int FLUSHES_MAX = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(Journaler.class);

    private enum State {
        COLLECTING,
        PUTTING,
        READING,
        STOPPED
    }

    /// What is not in the bucket yet, from local state, so that it grows while the bucket is away.
    ///
    /// @param ms age of the oldest committed frame with records or facts that is in no journal, by
    ///   our clock; 0 if none
    /// @param bytes record bytes behind it; above what is collected already it is estimated from
    ///   the partitions' unarchived bytes
    record Lag(long ms, long bytes) {}

    private record Flush(long untilIndex, CompletableFuture<Flushed> done) {}

    private final ArchiveContext context;
    private final ShardSource source;
    private final ShardShadow shadow;
    private final Consumer<PackIndex> onJournal;
    private final ConcurrentLinkedQueue<Flush> flushes = new ConcurrentLinkedQueue<>();
    private State state = State.COLLECTING;
    private JournalDraft draft;
    private PackWriter.@Nullable Written pack;
    private volatile long lastJournaledAtMs;
    private volatile long waitingSinceMs;
    private volatile @Nullable String stopReason;

    /// @param onJournal told of every journal that was taken in, on the stepping thread
    Journaler(
            ArchiveContext context,
            ShardSource source,
            ShardShadow shadow,
            Consumer<PackIndex> onJournal) {
        this.context = context;
        this.source = source;
        this.shadow = shadow;
        this.onJournal = onJournal;
        this.draft = newDraft();
    }

    private JournalDraft newDraft() {
        return new JournalDraft(shadow, source.shard().isMetadata());
    }

    @Override
    public String name() {
        return "journaler";
    }

    @Override
    public StepResult step() {
        if (state != State.STOPPED && !source.isLeader()) {
            return stop("leadership lost: shard=" + source.shard() + ", term=" + source.term());
        }
        return switch (state) {
            case COLLECTING -> collect();
            case PUTTING -> put();
            case READING -> read();
            case STOPPED -> new StepResult.Stopped(String.valueOf(stopReason));
        };
    }

    private StepResult collect() {
        try {
            boolean more = takeFrames();
            long now = context.clock().millis();
            waitingSinceMs =
                    draft.hasContent()
                            ? Math.min(draft.firstContentMs(), draft.firstContentFrameMs())
                            : 0;
            if (isDue(now) && !(more && flushWaits() && hasRoom())) {
                pack = draft.finish(context.clusterId(), source.shard(), context.writer(), now);
                become(State.PUTTING);
                return new StepResult.Progressed();
            }
            settleFlushes();
            return more ? new StepResult.Progressed() : new StepResult.Idle(idleMs(now));
        } catch (IOException e) {
            return new StepResult.Failed(
                    "cannot read committed frames: from=" + draft.endIndex(), e);
        }
    }

    /// @return whether more frames are committed than were taken
    private boolean takeFrames() throws IOException {
        long end = source.appliedEndIndex();
        long from = draft.endIndex();
        int room = (int) Math.max(0, context.settings().journals().bytes() - draft.bytes());
        if (from >= end || room == 0) {
            return false;
        }
        List<CommittedFrame> frames = source.frames(from, Math.min(end, from + ENTRIES_MAX), room);
        long now = context.clock().millis();
        for (CommittedFrame frame : frames) {
            draft.add(frame, now);
        }
        return draft.endIndex() < end;
    }

    private boolean isDue(long now) {
        if (!draft.hasContent()) {
            return false;
        }
        ArchiveSettings.Journals settings = context.settings().journals();
        return source.shard().isMetadata()
                || draft.bytes() >= settings.bytes()
                || now - draft.firstContentMs() >= settings.intervalMs()
                || flushWaits();
    }

    private boolean flushWaits() {
        return flushes.stream().anyMatch(flush -> flush.untilIndex() > draft.firstIndex());
    }

    private boolean hasRoom() {
        return draft.bytes() < context.settings().journals().bytes();
    }

    private long idleMs(long now) {
        ArchiveSettings.Journals settings = context.settings().journals();
        long due =
                draft.hasContent()
                        ? draft.firstContentMs() + settings.intervalMs() - now
                        : settings.intervalMs();
        return Math.max(1, Math.min(due, settings.pollMs()));
    }

    private StepResult put() {
        PackWriter.Written written = requirePack();
        String key = key();
        try {
            context.store().put(key, written.body(), PutMode.IF_ABSENT);
        } catch (ObjectStoreException.AlreadyExists e) {
            become(State.READING);
            return new StepResult.Progressed();
        } catch (ObjectStoreException.Transient e) {
            become(State.READING);
            return new StepResult.Failed("outcome of a journal's put is unknown: key=" + key, e);
        } catch (ObjectStoreException e) {
            return new StepResult.Failed("cannot put a journal: key=" + key, e);
        }
        return takeOwn(written);
    }

    private StepResult read() {
        String key = key();
        try {
            PackIndex index = PackReader.open(context.store(), key);
            String problem =
                    JournalCheck.problem(
                            index, key, context.clusterId(), source, draft.firstIndex());
            if (problem != null) {
                return stop(problem);
            }
            PackWriter.Written written = requirePack();
            if (index.facts().endIndex() != draft.endIndex()) {
                return takeTheirs(index, key);
            }
            return JournalCheck.sameContent(index, written.index())
                    ? takeOwn(new PackWriter.Written(index, written.body()))
                    : stop(
                            "two journals of the same entries differ: key="
                                    + key
                                    + ", endIndex="
                                    + draft.endIndex());
        } catch (ObjectStoreException.NotFound e) {
            become(State.PUTTING);
            return new StepResult.Progressed();
        } catch (ObjectStoreException e) {
            return new StepResult.Failed("cannot read the journal that is there: key=" + key, e);
        } catch (CorruptObjectException e) {
            return stop("the journal that is there is damaged: key=" + key + ", " + e.getMessage());
        }
    }

    private StepResult takeOwn(PackWriter.Written written) {
        shadow.accept(
                written.index(),
                new JournalRef(
                        key(), draft.firstIndex(), draft.endIndex(), written.index().objectBytes()),
                draft::batchesOf,
                draft.lastFrameTimeMs(),
                context.settings().verification() == StoreVerification.BY_STORE);
        return taken(written.index());
    }

    private StepResult takeTheirs(PackIndex index, String key) throws ObjectStoreException {
        ShadowOpening.take(context, shadow, index, key);
        return taken(index);
    }

    private StepResult taken(PackIndex index) {
        lastJournaledAtMs = context.clock().millis();
        pack = null;
        draft = newDraft();
        become(State.COLLECTING);
        onJournal.accept(index);
        settleFlushes();
        return new StepResult.Progressed();
    }

    /// Ships at once what is committed below `untilIndex`. Whatever depends on the future runs on
    /// the stepping thread and must not block; the caller wakes the stepper.
    ///
    /// @return fails when this leadership ends before, or when too many wait
    CompletableFuture<Flushed> flush(long untilIndex) {
        CompletableFuture<Flushed> done = new CompletableFuture<>();
        if (flushes.size() >= FLUSHES_MAX) {
            done.completeExceptionally(
                    new IllegalStateException("too many flushes wait: limit=" + FLUSHES_MAX));
            return done;
        }
        flushes.add(new Flush(untilIndex, done));
        if (stopReason != null) {
            failFlushes();
        }
        return done;
    }

    private void settleFlushes() {
        if (flushes.isEmpty()) {
            return;
        }
        long reached = draft.hasContent() ? draft.firstIndex() : draft.endIndex();
        Flushed flushed = new Flushed(reached, shadow.journaledEnds());
        for (Iterator<Flush> waiting = flushes.iterator(); waiting.hasNext(); ) {
            Flush flush = waiting.next();
            if (flush.untilIndex() <= reached) {
                waiting.remove();
                flush.done().complete(flushed);
            }
        }
    }

    private void failFlushes() {
        for (Flush flush = flushes.poll(); flush != null; flush = flushes.poll()) {
            flush.done()
                    .completeExceptionally(
                            new IllegalStateException("archiver stopped: " + stopReason));
        }
    }

    /// What is committed and in no journal.
    Lag lag() {
        long since = waitingSinceMs;
        long ms = since == 0 ? 0 : Math.max(0, context.clock().millis() - since);
        long bytes = 0;
        for (HotPartition hot : source.partitions()) {
            long unarchived = hot.highWatermark() - hot.archivedEnd();
            OptionalLong journaled = shadow.journaledEnd(hot.id());
            long waiting = hot.highWatermark() - Math.max(journaled.orElse(0), hot.archivedEnd());
            if (unarchived > 0 && waiting > 0) {
                bytes += (long) (hot.unarchivedBytes() * ((double) waiting / unarchived));
            }
        }
        return new Lag(ms, bytes);
    }

    /// Our clock when the last journal was seen in the bucket, 0 before the first of this
    /// leadership.
    long lastJournaledAtMs() {
        return lastJournaledAtMs;
    }

    /// Fails the flushes that still wait. For the end of a leadership, when nobody steps any more.
    void close() {
        if (stopReason == null) {
            stopReason = "closed";
        }
        failFlushes();
    }

    private String key() {
        return BucketKeys.journal(source.shard(), draft.firstIndex());
    }

    private PackWriter.Written requirePack() {
        PackWriter.Written written = pack;
        if (written == null) {
            throw new IllegalStateException("no pack: state=" + state);
        }
        return written;
    }

    private void become(State next) {
        LOG.debug(
                "journaler of {}: {} to {} at {}", source.shard(), state, next, draft.firstIndex());
        state = next;
    }

    private StepResult stop(String reason) {
        stopReason = reason;
        become(State.STOPPED);
        failFlushes();
        return new StepResult.Stopped(reason);
    }
}
