// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ShardSource.CommandFailedException;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.whole.PutOnce;
import io.varve.objectstore.ObjectStoreException;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes checkpoints and raises the floor: what local disks may forget.
///
/// Journals are read back as they come, unless the store verifies uploads; a checkpoint is drafted
/// only when none is left unread, is itself read back whole, and only then becomes the floor. So
/// the floor never passes what was not seen.
///
/// ```
/// WAITING --due, all journals verified--> PUTTING --read back--> RAISING --applied--> WAITING
/// ```
///
/// Owner: the thread that steps; [#demand] and the getters are thread-safe.
final class Checkpointer implements Stepper {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);

    /// A checkpoint that was read back whole.
    ///
    /// @param doomed what it says may go
    record Verified(long endIndex, List<DoomedObject> doomed) {}

    private final ArchiveContext context;
    private final ShardSource source;
    private final ShardShadow shadow;
    private final StoreClock storeClock;
    private final BooleanSupplier topicsWritten;
    private final AtomicReference<@Nullable CompletableFuture<Long>> demanded =
            new AtomicReference<>();
    private final AtomicReference<@Nullable Verified> newest = new AtomicReference<>();
    private @Nullable ShardCheckpoint draft;
    private @Nullable ShardCheckpoint raising;
    private @Nullable PackVerification verification;
    private boolean listed;
    private List<Long> indexes = List.of();
    private long lastAtMs;
    private int journalsAtLast;
    private long nextOlderSearchMs;

    private volatile long lastCheckpointAtMs;

    /// @param checkpointEnd end of the checkpoint from which the shadow was opened (which was read
    ///   back whole by that)
    /// @param topicsWritten whether the copies of all topics in the shadow are in the bucket
    Checkpointer(
            ArchiveContext context,
            ShardSource source,
            ShardShadow shadow,
            StoreClock storeClock,
            OptionalLong checkpointEnd,
            BooleanSupplier topicsWritten) {
        this.context = context;
        this.source = source;
        this.shadow = shadow;
        this.storeClock = storeClock;
        this.topicsWritten = topicsWritten;
        this.lastAtMs = context.clock().millis();
        if (checkpointEnd.isPresent()) {
            newest.set(new Verified(checkpointEnd.getAsLong(), shadow.doomed()));
        }
        this.journalsAtLast = shadow.journalsTaken();
    }

    @Override
    public String name() {
        return "checkpointer";
    }

    @Override
    public StepResult step() {
        if (!source.isLeader()) {
            fail("leadership lost");
            return new StepResult.Stopped(
                    "leadership lost: shard=" + source.shard() + ", term=" + source.term());
        }
        try {
            if (raising != null) {
                return raise(raising);
            }
            if (draft != null) {
                return put(draft);
            }
            StepResult verified = verifyJournal();
            return verified != null ? verified : draftWhenDue();
        } catch (ObjectStoreException e) {
            return new StepResult.Failed("cannot write a checkpoint: shard=" + source.shard(), e);
        } catch (CorruptObjectException e) {
            verification = null;
            return new StepResult.Failed(
                    "what was stored came back damaged: shard=" + source.shard(), e);
        } catch (CommandFailedException e) {
            return new StepResult.Failed("cannot raise the floor: shard=" + source.shard(), e);
        }
    }

    /// @return null when every journal was verified
    private @Nullable StepResult verifyJournal() throws ObjectStoreException {
        JournalRef ref = shadow.unverifiedJournal().orElse(null);
        if (ref == null) {
            return null;
        }
        PackVerification running = verification;
        if (running == null || !running.key().equals(ref.key())) {
            running = new PackVerification(context.store(), ref.key());
            verification = running;
        }
        if (running.step() != null) {
            shadow.verified(ref);
            verification = null;
        }
        return new StepResult.Progressed();
    }

    private StepResult draftWhenDue() throws ObjectStoreException {
        ArchiveSettings.Checkpoints settings = context.settings().checkpoints();
        long now = context.clock().millis();
        Verified last = newest.get();
        boolean changed = shadow.position().endIndex() > (last == null ? 0 : last.endIndex());
        if (!changed) {
            settle(shadow.position().endIndex());
            return new StepResult.Idle(pollMs());
        }
        boolean due =
                demanded.get() != null
                        || now - lastAtMs >= settings.intervalMs()
                        || shadow.journalsTaken() - journalsAtLast >= settings.journals();
        if (!due || !topicsWritten.getAsBoolean()) {
            long untilMs = Math.max(1, lastAtMs + settings.intervalMs() - now);
            return new StepResult.Idle(Math.min(untilMs, pollMs()));
        }
        if (!listed) {
            indexes = CheckpointStore.indexes(context.store(), source.shard());
            listed = true;
            return new StepResult.Progressed();
        }
        JournalRef unknown =
                last == null
                        ? null
                        : shadow.unknownJournal().filter(ref -> learnable(ref, last)).orElse(null);
        if (unknown != null) {
            shadow.learn(unknown, PackReader.open(context.store(), unknown.key()));
            return new StepResult.Progressed();
        }
        if (last != null && last.endIndex() > 0 && isOlderSearchDue()) {
            doomOlder();
            return new StepResult.Progressed();
        }
        return draft(last, settings);
    }

    private boolean isOlderSearchDue() {
        ShardId shard = source.shard();
        return (shard.generation() > 1 || shard.incarnation() > 0)
                && context.clock().millis() >= nextOlderSearchMs;
    }

    /// A checkpoint of this shard stands on its own now: what older shards left and no checkpoint
    /// names may go.
    private void doomOlder() throws ObjectStoreException {
        Set<String> kept = new HashSet<>();
        shadow.journals().forEach(ref -> kept.add(ref.key()));
        shadow.doomed().forEach(object -> kept.add(object.key()));
        long deleteAfterMs = storeClock.ask().storeMs() + context.settings().cleaning().graceMs();
        List<DoomedObject> found =
                OlderShards.find(context.store(), source.shard(), kept, deleteAfterMs);
        shadow.takeDoomed(found);
        boolean more = found.size() == OlderShards.FOUND_MAX;
        nextOlderSearchMs =
                context.clock().millis()
                        + (more
                                ? context.settings().cleaning().graceMs()
                                : context.settings().cleaning().orphanScanMs());
        if (!found.isEmpty()) {
            LOG.info(
                    "objects of older shards doomed: shard={}, objects={}",
                    source.shard(),
                    found.size());
        }
    }

    /// Journals come about as often, and each is read back soon.
    private long pollMs() {
        return Math.min(
                context.settings().checkpoints().intervalMs(),
                context.settings().journals().intervalMs());
    }

    /// Only what might be doomed now is worth a read.
    private boolean learnable(JournalRef ref, Verified last) {
        return !ref.key().startsWith(BucketKeys.journalPrefix(source.shard()))
                || ref.endIndex() <= last.endIndex();
    }

    private StepResult draft(@Nullable Verified last, ArchiveSettings.Checkpoints settings)
            throws ObjectStoreException {
        long storeMs = storeClock.ask().storeMs();
        shadow.takeArchived(source.partitions());
        OptionalLong secondNewest =
                last == null ? OptionalLong.empty() : OptionalLong.of(last.endIndex());
        List<JournalDoom.OldCheckpoint> old =
                indexes.stream()
                        .filter(index -> last != null && index < last.endIndex())
                        .map(index ->
                                new JournalDoom.OldCheckpoint(
                                        BucketKeys.checkpoint(source.shard(), index), 0))
                        .toList();
        JournalDoom doom =
                new JournalDoom(
                        secondNewest,
                        old,
                        storeMs,
                        context.settings().cleaning().graceMs(),
                        context.settings().cleaning().undeleteMs());
        ShardCheckpoint drafted = shadow.checkpoint(doom, settings.producerExpiryMs());
        if (shadow.unverifiedJournal()
                .filter(ref -> ref.firstIndex() < drafted.endIndex())
                .isPresent()) {
            return new StepResult.Progressed(); // one came in between: read it back first
        }
        draft = drafted;
        return new StepResult.Progressed();
    }

    private StepResult put(ShardCheckpoint drafted) throws ObjectStoreException {
        ShardCheckpoint checkpoint = withWholeGrace(drafted);
        draft = checkpoint;
        ShardCheckpoint there =
                switch (CheckpointStore.put(context.store(), checkpoint)) {
                    case PutOnce.Ours<ShardCheckpoint> ours -> ours.value();
                    case PutOnce.Theirs<ShardCheckpoint> theirs -> {
                        LOG.info(
                                "checkpoint was there already, taking it: shard={}, endIndex={}",
                                source.shard(),
                                checkpoint.endIndex());
                        shadow.takeDoomed(theirs.value().doomed());
                        yield theirs.value();
                    }
                };
        draft = null;
        raising = there;
        return new StepResult.Progressed();
    }

    /// What a checkpoint is the first to doom keeps its grace from when others can see that: the
    /// bucket may have been away for hours since the draft.
    private ShardCheckpoint withWholeGrace(ShardCheckpoint drafted) throws ObjectStoreException {
        Verified last = newest.get();
        Set<String> told = new HashSet<>();
        if (last != null) {
            last.doomed().forEach(object -> told.add(object.key()));
        }
        long slackMs = ArchiveSettings.Cleaning.PUT_SLACK_MS;
        long wholeMs =
                storeClock.within(slackMs).storeMs() + context.settings().cleaning().graceMs();
        Set<String> late = new HashSet<>();
        for (DoomedObject object : drafted.doomed()) {
            if (!told.contains(object.key()) && object.deleteAfterMs() < wholeMs - slackMs) {
                late.add(object.key());
            }
        }
        return late.isEmpty()
                ? drafted
                : drafted.withDoomed(shadow.postpone(drafted.doomed(), late, wholeMs));
    }

    private StepResult raise(ShardCheckpoint checkpoint) throws CommandFailedException {
        source.raiseFloor(checkpoint.endIndex(), checkpoint.lastTerm());
        raising = null;
        Verified before =
                newest.getAndSet(new Verified(checkpoint.endIndex(), checkpoint.doomed()));
        // older ones are doomed in the checkpoint that was just raised
        indexes =
                before == null
                        ? List.of(checkpoint.endIndex())
                        : List.of(before.endIndex(), checkpoint.endIndex());
        lastAtMs = context.clock().millis();
        lastCheckpointAtMs = lastAtMs;
        journalsAtLast = shadow.journalsTaken();
        settle(checkpoint.endIndex());
        return new StepResult.Progressed();
    }

    /// Asks for a checkpoint at once (the caller wakes the stepper).
    ///
    /// @return its end; fails when this leadership ends before
    CompletableFuture<Long> demand() {
        CompletableFuture<Long> fresh = new CompletableFuture<>();
        CompletableFuture<Long> waiting = demanded.updateAndGet(old -> old == null ? fresh : old);
        return waiting == null ? fresh : waiting;
    }

    private void settle(long endIndex) {
        CompletableFuture<Long> waiting = demanded.getAndSet(null);
        if (waiting != null) {
            waiting.complete(endIndex);
        }
    }

    /// Fails the demand that still waits.
    void close() {
        fail("closed");
    }

    private void fail(String reason) {
        CompletableFuture<Long> waiting = demanded.getAndSet(null);
        if (waiting != null) {
            waiting.completeExceptionally(new IllegalStateException("archiver stopped: " + reason));
        }
    }

    /// The newest checkpoint that was read back whole; null before the first.
    @Nullable Verified newest() {
        return newest.get();
    }

    /// Our clock when the last checkpoint became the floor, 0 before the first of this leadership.
    long lastCheckpointAtMs() {
        return lastCheckpointAtMs;
    }
}
