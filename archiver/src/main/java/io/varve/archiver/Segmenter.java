// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ShardSource.CommandFailedException;
import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.ManifestStore.CommitResult;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns what is journaled into segment objects, one partition at a time.
///
/// A segment never passes the partition's journaled end nor its last stable offset: so a restore
/// never finds a manifest ahead of the journals, and a segment's index holds every aborted
/// transaction that touches it.
///
/// ```
/// CHOOSING --due--> READING --full or at the end--> PUTTING --stored--> SEEING --there, right--> COMMITTING
///    ^                                                 ^------absent------+                       |       |
///    |                                                                                committed   |       | superseded
///    +<--applied-- TELLING <------------------------------------------------------------+ <-------+       v
///                      ^------------------all new entries seen------------------------------------- ADOPTING
/// ```
///
/// A name is used once: whatever was put and not committed stays behind as an orphan, which the
/// collector finds. Owner: the thread that steps; [#ask] is thread-safe.
final class Segmenter implements Stepper {
    private static final Logger LOG = LoggerFactory.getLogger(Segmenter.class);

    private enum State {
        CHOOSING,
        READING,
        PUTTING,
        SEEING,
        COMMITTING,
        ADOPTING,
        TELLING
    }

    private final ArchiveContext context;
    private final ShardSource source;
    private final ShardShadow shadow;
    private final ManifestBook book;
    private final SegmentChoice choice;
    private final SegmentSource batches;
    private final RestoredGap restoredGap;
    private final TemporaryRoom temporary;
    private final Deque<SegmentEntry> unseen = new ArrayDeque<>();
    private State state = State.CHOOSING;
    private SegmentChoice.@Nullable Due due;
    private @Nullable PartitionManifest manifest;
    private @Nullable SegmentFile file;
    private PackWriter.@Nullable Written written;
    private @Nullable SegmentEntry entry;
    private @Nullable PackVerification verification;
    private long fileNumber;

    /// @param temporary an empty folder of this shard's own
    Segmenter(
            ArchiveContext context,
            ShardSource source,
            ArchivePolicies policies,
            ShardShadow shadow,
            ManifestBook book,
            Path temporary) {
        this.context = context;
        this.source = source;
        this.shadow = shadow;
        this.book = book;
        this.choice = new SegmentChoice(context, policies, shadow);
        this.batches = new SegmentSource(context, source, shadow);
        this.restoredGap = new RestoredGap(context.store(), source.shard());
        this.temporary = new TemporaryRoom(temporary, context.settings().segments().reserveBytes());
    }

    @Override
    public String name() {
        return "segmenter";
    }

    /// Archive what these partitions hold now, whatever size and age say. The caller wakes the
    /// stepper.
    void ask(Collection<PartitionId> partitions) {
        source.partitions().stream()
                .filter(hot -> partitions.contains(hot.id()))
                .forEach(hot -> choice.ask(hot.id(), hot.highWatermark()));
    }

    @Override
    public StepResult step() {
        if (!source.isLeader()) {
            abandon();
            return new StepResult.Stopped(
                    "leadership lost: shard=" + source.shard() + ", term=" + source.term());
        }
        try {
            return switch (state) {
                case CHOOSING -> choose();
                case READING -> read(required(due), required(file));
                case PUTTING -> put(required(due), required(entry), required(written));
                case SEEING -> see(required(due), required(entry));
                case COMMITTING ->
                        commit(
                                required(due),
                                new ManifestDelta.AddSegment(
                                        required(entry),
                                        required(written).index().sections().getFirst().epochs()));
                case ADOPTING -> adopt(required(due), required(manifest));
                case TELLING -> tell(required(due), required(manifest));
            };
        } catch (IOException e) {
            String what = doing("failed");
            if (beginsAgain(e)) {
                choice.leaveAlone(required(due).hot().id());
                abandon();
            }
            return new StepResult.Failed(what, e);
        } catch (CommandFailedException e) {
            abandon();
            return new StepResult.Failed("archived end not taken: shard=" + source.shard(), e);
        } catch (CorruptObjectException | IllegalStateException e) {
            // one partition's bytes or manifest are wrong: the others go on
            String what = doing("met damage");
            LOG.error("{}", what, e);
            SegmentChoice.Due damaged = due;
            if (damaged != null) {
                choice.leaveAlone(damaged.hot().id());
            }
            abandon();
            return new StepResult.Failed(what, e);
        }
    }

    /// Whether what was begun is of no use: the store refuses for good, or the temporary file is
    /// gone or cannot be written (a disk that is full has better use for its room).
    private boolean beginsAgain(IOException e) {
        return switch (state) {
            case READING -> !(e instanceof ObjectStoreException);
            case PUTTING -> !(e instanceof ObjectStoreException.Transient);
            default -> false;
        };
    }

    private StepResult choose() throws IOException {
        List<HotPartition> partitions = source.partitions();
        for (HotPartition hot : partitions) {
            Optional<PartitionManifest> ahead =
                    book.known(hot.id())
                            .filter(known -> ManifestBook.isNewer(known.ref(), hot.manifest()))
                            .filter(known -> known.archivedEnd() > hot.archivedEnd());
            if (ahead.isPresent()) {
                due = new SegmentChoice.Due(hot, hot.archivedEnd(), hot.archivedEnd(), 0);
                return adoptFrom(hot, ahead.get());
            }
        }
        SegmentChoice.Due next = choice.next(partitions).orElse(null);
        if (next == null) {
            return new StepResult.Idle(context.settings().segments().checkMs());
        }
        due = next;
        PartitionManifest current = book.ofThisGeneration(next.hot());
        if (current.archivedEnd() > next.startOffset()) {
            return adoptFrom(next.hot(), current);
        }
        temporary.check(Math.min(next.bytesMax(), next.hot().unarchivedBytes()));
        manifest = current;
        file =
                new SegmentFile(
                        temporary.folder().resolve("segment-" + fileNumber++),
                        next.hot().id(),
                        next.hot().topicName(),
                        next.startOffset());
        become(State.READING);
        return new StepResult.Progressed();
    }

    private StepResult read(SegmentChoice.Due next, SegmentFile open) throws IOException {
        PartitionId id = next.hot().id();
        long room = next.bytesMax() - open.bytes();
        ByteBuffer more =
                room <= 0 || open.endOffset() >= next.endOffset()
                        ? ByteBuffer.allocate(0)
                        : batches.read(
                                id,
                                open.endOffset(),
                                next.endOffset(),
                                (int) Math.min(room, SegmentSource.READ_BYTES));
        if (more.hasRemaining()) {
            open.append(more, next.endOffset(), (from, to) -> shadow.abortedIn(id, from, to));
            return new StepResult.Progressed();
        }
        if (open.isEmpty()) {
            return leaveOut(next);
        }
        PackWriter.Written pack =
                open.finish(
                        context.clusterId(),
                        source.shard(),
                        context.writer(),
                        context.clock().millis());
        written = pack;
        entry = named(required(manifest), pack.index());
        become(State.PUTTING);
        return new StepResult.Progressed();
    }

    /// Nothing holds the offset: a gap that a restore made on purpose, else damage.
    private StepResult leaveOut(SegmentChoice.Due next) throws ObjectStoreException {
        PartitionId id = next.hot().id();
        Gap gap =
                restoredGap
                        .at(id, next.startOffset(), next.endOffset())
                        .orElseThrow(() ->
                                new CorruptObjectException(
                                        "no local file and no journal holds an offset:"
                                                + " partition="
                                                + id
                                                + ", offset="
                                                + next.startOffset()
                                                + ", end="
                                                + next.endOffset()));
        return commit(next, new ManifestDelta.AddGap(gap));
    }

    private SegmentEntry named(PartitionManifest current, PackIndex index) {
        PackSection section = index.sections().getFirst();
        return new SegmentEntry(
                section.baseOffset(),
                section.endOffset(),
                section.endOffset(),
                source.shard().generation(),
                current.version() + 1,
                context.random().nextLong(),
                index.objectBytes(),
                section.maxTimestampMs(),
                section.recordCount(),
                index.indexCrc(),
                false);
    }

    private StepResult put(SegmentChoice.Due next, SegmentEntry named, PackWriter.Written pack)
            throws ObjectStoreException {
        try {
            context.store().put(key(next, named), pack.body(), PutMode.IF_ABSENT);
        } catch (ObjectStoreException.AlreadyExists e) {
            LOG.debug("segment was put by an earlier attempt: key={}", key(next, named));
        } catch (ObjectStoreException.Transient e) {
            become(State.SEEING); // the name is ours alone: looking tells what became of it
            throw e;
        }
        become(State.SEEING);
        return new StepResult.Progressed();
    }

    private StepResult see(SegmentChoice.Due next, SegmentEntry named) throws ObjectStoreException {
        PackVerification running = verification;
        if (running == null) {
            Optional<ObjectInfo> there = context.store().head(key(next, named));
            if (there.isEmpty()) {
                become(State.PUTTING);
                return new StepResult.Progressed();
            }
            if (there.get().bytes() != named.bytes()) {
                throw new CorruptObjectException(
                        "segment has another size in the bucket: key="
                                + key(next, named)
                                + ", bytes="
                                + there.get().bytes()
                                + ", expected="
                                + named.bytes());
            }
            if (context.settings().verification() == StoreVerification.BY_STORE) {
                become(State.COMMITTING);
            } else {
                verification = new PackVerification(context.store(), key(next, named));
            }
            return new StepResult.Progressed();
        }
        PackIndex back = running.step();
        if (back != null) {
            checkIndex(key(next, named), named, back);
            verification = null;
            become(State.COMMITTING);
        }
        return new StepResult.Progressed();
    }

    private static void checkIndex(String key, SegmentEntry named, PackIndex back) {
        if (back.indexCrc() != named.indexCrc() || back.objectBytes() != named.bytes()) {
            throw new CorruptObjectException(
                    "segment is another one than was named: key="
                            + key
                            + ", bytes="
                            + back.objectBytes()
                            + ", expected="
                            + named.bytes());
        }
    }

    private StepResult commit(SegmentChoice.Due next, ManifestDelta addition)
            throws ObjectStoreException {
        PartitionManifest chosen = required(manifest);
        PartitionManifest before =
                book.known(chosen.id()) // retention may have moved it on meanwhile
                        .filter(known -> known.archivedEnd() == chosen.archivedEnd())
                        .orElse(chosen);
        List<ManifestDelta> deltas = new ArrayList<>();
        if (next.hot().logStart() > before.logStart()) {
            deltas.add(
                    new ManifestDelta.MoveLogStart(
                            next.hot().logStart(), RetentionStepper.REASON, book.deleteAfterMs()));
        }
        deltas.add(addition);
        switch (book.commit(before, deltas)) {
            case CommitResult.Committed ours -> {
                closeFile();
                manifest = ours.manifest();
                become(State.TELLING);
            }
            case CommitResult.Superseded theirs -> adoptFrom(next.hot(), theirs.theirs());
        }
        return new StepResult.Progressed();
    }

    /// A version that this leader did not write, or whose commit's outcome was unknown: what it
    /// newly names must be seen.
    private StepResult adoptFrom(HotPartition hot, PartitionManifest theirs)
            throws ObjectStoreException {
        closeFile();
        manifest = theirs;
        unseen.clear();
        for (PageRef page : theirs.pagesIn(hot.archivedEnd(), Long.MAX_VALUE)) {
            addUnseen(book.page(theirs, page).rows(), hot.archivedEnd());
        }
        addUnseen(theirs.inline(), hot.archivedEnd());
        LOG.info(
                "taking over a manifest: partition={}, version={}, archivedEnd={}, unseen={}",
                theirs.id(),
                theirs.ref(),
                theirs.archivedEnd(),
                unseen.size());
        become(State.ADOPTING);
        return new StepResult.Progressed();
    }

    private void addUnseen(SegmentRun rows, long archivedEnd) {
        rows.entries().stream()
                .filter(named -> named.endOffset() > archivedEnd)
                .forEach(unseen::add);
    }

    private StepResult adopt(SegmentChoice.Due next, PartitionManifest theirs)
            throws ObjectStoreException {
        if (theirs.archivedEnd() > shadow.journaledEnd(theirs.id()).orElse(0)) {
            abandon();
            return new StepResult.Idle(
                    context.settings()
                            .segments()
                            .checkMs()); // a newer leader's, or ours is not journaled
        }
        SegmentEntry first = unseen.peek();
        if (first == null) {
            become(State.TELLING);
            return new StepResult.Progressed();
        }
        PackVerification running = verification;
        if (running == null) {
            running = new PackVerification(context.store(), key(next, first));
            verification = running;
        }
        PackIndex back = running.step();
        if (back != null) {
            checkIndex(key(next, first), first, back);
            verification = null;
            unseen.remove();
        }
        return new StepResult.Progressed();
    }

    private StepResult tell(SegmentChoice.Due next, PartitionManifest committed)
            throws CommandFailedException {
        source.archived(next.hot().id(), committed.archivedEnd(), committed.ref());
        abandon();
        return new StepResult.Progressed();
    }

    private String key(SegmentChoice.Due next, SegmentEntry named) {
        return named.key(next.hot().topicName(), next.hot().id());
    }

    /// Forgets what was begun; an object that was put stays as an orphan.
    private void abandon() {
        closeFile();
        due = null;
        manifest = null;
        unseen.clear();
        verification = null;
        become(State.CHOOSING);
    }

    private void closeFile() {
        SegmentFile open = file;
        file = null;
        written = null;
        entry = null;
        verification = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.warn(
                        "temporary file stays until the next start: folder={}",
                        temporary.folder(),
                        e);
            }
        }
    }

    private String doing(String what) {
        SegmentChoice.Due next = due;
        return "segmenter "
                + what
                + ": state="
                + state
                + ", partition="
                + (next == null ? "none" : next.hot().id().toString());
    }

    private void become(State next) {
        LOG.debug("segmenter of {}: {} to {}", source.shard(), state, next);
        state = next;
    }

    private static <T> T required(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("segmenter lost what it works on");
        }
        return value;
    }
}
