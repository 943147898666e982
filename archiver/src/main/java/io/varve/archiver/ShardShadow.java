// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ShardSource.HotPartition;
import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.SectionFold;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.PartitionLedger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/// The shard's state at the end of the newest journal, folded from the journals' own indexes, so
/// that the leader that wrote them, the one that comes after it and a restore all know the same.
/// Also: which journals are in the bucket, and what is doomed.
///
/// The applied state of the shard runs ahead of it. Only how far partitions are archived is taken
/// from there ([#takeArchived]), because no journal tells it.
///
/// Thread-safe: one lock, never held across I/O.
final class ShardShadow {
    private final String clusterId;
    private final ShardId shard;
    private final MetadataShadow metadata;
    private final ReentrantLock lock = new ReentrantLock();

    // all guarded by the lock
    private final TreeMap<PartitionId, PartitionLedger> ledgers = new TreeMap<>();
    private final Map<PartitionId, ClosedPartition> closed = new HashMap<>();
    private final List<JournalCover> journals = new ArrayList<>();
    private final Map<String, DoomedObject> doomed = new TreeMap<>();
    private long endIndex;
    private int journalsTaken;
    private long lastTerm;
    private long lastFrameTimeMs;

    /// Where the newest journal ends.
    record Position(long endIndex, long lastTerm) {}

    /// A shard without any checkpoint: nothing happened yet.
    ShardShadow(String clusterId, ShardId shard) {
        this.clusterId = clusterId;
        this.shard = shard;
        this.metadata = MetadataShadow.of(shard.isMetadata());
    }

    /// The shard as a checkpoint that was read back whole knows it.
    static ShardShadow from(ShardCheckpoint checkpoint) {
        ShardShadow shadow = new ShardShadow(checkpoint.clusterId(), checkpoint.shard());
        checkpoint
                .partitions()
                .forEach(state -> shadow.ledgers.put(state.id(), PartitionLedger.from(state)));
        checkpoint.closed().forEach(gone -> shadow.closed.put(gone.id(), gone));
        checkpoint
                .journals()
                .forEach(ref -> shadow.journals.add(new JournalCover(ref, null, true)));
        checkpoint.doomed().forEach(object -> shadow.doomed.put(object.key(), object));
        shadow.metadata.restore(checkpoint.metadata());
        shadow.endIndex = checkpoint.endIndex();
        shadow.lastTerm = checkpoint.lastTerm();
        shadow.lastFrameTimeMs = checkpoint.lastFrameTimeMs();
        return shadow;
    }

    Position position() {
        return locked(() -> new Position(endIndex, lastTerm));
    }

    /// A copy of a partition's ledger to fold further; empty when the partition is not open at the
    /// newest journal's end.
    Optional<PartitionLedger> fork(PartitionId partition) {
        return locked(() ->
                Optional.ofNullable(ledgers.get(partition))
                        .map(PartitionLedger::snapshot)
                        .map(PartitionLedger::from));
    }

    boolean isClosed(PartitionId partition) {
        return locked(() -> closed.containsKey(partition));
    }

    /// Takes in a journal that is in the bucket: the next one.
    ///
    /// @param batches the bytes of a section; asked for in the metadata shard only
    /// @param frameTimeMs the leader's time of the last frame, or 0 when only the index is known
    /// @throws CorruptObjectException the journal does not follow on what is known: it is left out
    void accept(
            PackIndex index,
            JournalRef ref,
            Function<PackSection, ByteBuffer> batches,
            long frameTimeMs,
            boolean verified) {
        lock.lock();
        try {
            PackFacts facts = index.facts();
            if (facts.firstIndex() != endIndex || facts.lastTerm() < lastTerm) {
                throw new CorruptObjectException(
                        "journal does not follow: key="
                                + ref.key()
                                + ", firstIndex="
                                + facts.firstIndex()
                                + ", expected="
                                + endIndex
                                + ", lastTerm="
                                + facts.lastTerm()
                                + ", termBefore="
                                + lastTerm);
            }
            for (PackSection section : index.sections()) {
                fold(section, facts.createdAtMs());
                if (shard.isMetadata() && section.hasRecords()) {
                    metadata.replay(batches.apply(section));
                }
            }
            journals.add(sharing(JournalCover.of(ref, index, verified)));
            journalsTaken++;
            endIndex = facts.endIndex();
            lastTerm = facts.lastTerm();
            lastFrameTimeMs = Math.max(lastFrameTimeMs, frameTimeMs);
        } finally {
            lock.unlock();
        }
    }

    private void fold(PackSection section, long journalTimeMs) {
        PartitionLedger ledger = ledgers.get(section.partition());
        Optional<PartitionLedger> next = SectionFold.fold(ledger, section);
        if (next.isPresent()) {
            ledgers.put(section.partition(), next.get());
        } else {
            ledgers.remove(section.partition());
            closed.put(
                    section.partition(),
                    new ClosedPartition(section.partition(), section.topicName(), journalTimeMs));
        }
    }

    /// Partition ids of open partitions exist once, not once per journal.
    private JournalCover sharing(JournalCover cover) {
        if (cover.ends() == null) {
            return cover;
        }
        List<JournalCover.End> ends =
                cover.ends().stream()
                        .map(end -> {
                            PartitionLedger ledger = ledgers.get(end.partition());
                            return ledger == null
                                    ? end
                                    : new JournalCover.End(ledger.id(), end.endOffset());
                        })
                        .toList();
        return new JournalCover(cover.ref(), ends, cover.verified());
    }

    /// Ends of all partitions that are open at the newest journal's end.
    Map<PartitionId, Long> journaledEnds() {
        return locked(() -> {
            Map<PartitionId, Long> ends = HashMap.newHashMap(ledgers.size());
            ledgers.forEach((id, ledger) -> ends.put(id, ledger.highWatermark()));
            return ends;
        });
    }

    OptionalLong journaledEnd(PartitionId partition) {
        return locked(() -> {
            PartitionLedger ledger = ledgers.get(partition);
            return ledger == null ? OptionalLong.empty() : OptionalLong.of(ledger.highWatermark());
        });
    }

    /// End of what is journaled and belongs to no open transaction.
    OptionalLong journaledStableEnd(PartitionId partition) {
        return locked(() -> {
            PartitionLedger ledger = ledgers.get(partition);
            return ledger == null
                    ? OptionalLong.empty()
                    : OptionalLong.of(ledger.lastStableOffset());
        });
    }

    /// Aborted transactions that touch a journaled range above the partition's archived end.
    List<AbortedTxn> abortedIn(PartitionId partition, long baseOffset, long endOffset) {
        return locked(() -> {
            PartitionLedger ledger = ledgers.get(partition);
            return ledger == null ? List.of() : ledger.abortedIn(baseOffset, endOffset);
        });
    }

    Optional<String> topicRecord(PartitionId partition) {
        return locked(() ->
                Optional.ofNullable(ledgers.get(partition)).map(PartitionLedger::topicRecord));
    }

    /// Takes over how far partitions are archived. A partition whose start moved in the applied
    /// state but in no journal yet shows deleted records as archived: then only an end above that
    /// start says that segment objects hold it.
    void takeArchived(Collection<HotPartition> applied) {
        lock.lock();
        try {
            for (HotPartition hot : applied) {
                PartitionLedger ledger = ledgers.get(hot.id());
                if (ledger == null) {
                    continue;
                }
                boolean real =
                        hot.archivedEnd() > hot.logStart() || ledger.logStart() >= hot.logStart();
                if (real && hot.archivedEnd() <= ledger.highWatermark()) {
                    ledger.archived(hot.archivedEnd(), hot.manifest());
                    ledger.forgetAbortedBelow(hot.archivedEnd());
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// The first journal that holds records of a partition at or above an offset, among those whose
    /// sections are known.
    Optional<JournalCover> journalOf(PartitionId partition, long offset) {
        return locked(() ->
                journals.stream()
                        .filter(cover -> cover.endOf(partition).orElse(0) > offset)
                        .findFirst());
    }

    /// The oldest journal whose sections are not known here.
    Optional<JournalRef> unknownJournal() {
        return locked(() ->
                journals.stream()
                        .filter(cover -> cover.ends() == null)
                        .map(JournalCover::ref)
                        .findFirst());
    }

    /// What the index of a journal says that a checkpoint named.
    ///
    /// @throws CorruptObjectException it is another one than was named
    void learn(JournalRef ref, PackIndex index) {
        PackFacts facts = index.facts();
        if (facts.firstIndex() != ref.firstIndex()
                || facts.endIndex() != ref.endIndex()
                || index.objectBytes() != ref.bytes()) {
            throw new CorruptObjectException(
                    "journal is another one than the checkpoint names: key="
                            + ref.key()
                            + ", facts="
                            + facts);
        }
        replaceJournal(ref, cover -> sharing(cover.withIndex(index)));
    }

    /// The oldest journal that was not read back.
    Optional<JournalRef> unverifiedJournal() {
        return locked(() ->
                journals.stream()
                        .filter(cover -> !cover.verified())
                        .map(JournalCover::ref)
                        .findFirst());
    }

    /// How many journals were taken in since the shadow was opened.
    int journalsTaken() {
        return locked(() -> journalsTaken);
    }

    /// What no longer is needed.
    List<DoomedObject> doomed() {
        return locked(() -> List.copyOf(doomed.values()));
    }

    /// What another leader's checkpoint doomed.
    void takeDoomed(Collection<DoomedObject> objects) {
        lock.lock();
        try {
            objects.forEach(this::doom);
            Set<String> keys = Set.copyOf(doomed.keySet());
            journals.removeIf(cover -> keys.contains(cover.ref().key()));
        } finally {
            lock.unlock();
        }
    }

    void verified(JournalRef ref) {
        replaceJournal(ref, JournalCover::asVerified);
    }

    private void replaceJournal(
            JournalRef ref, java.util.function.UnaryOperator<JournalCover> change) {
        lock.lock();
        try {
            journals.replaceAll(cover -> cover.ref().equals(ref) ? change.apply(cover) : cover);
        } finally {
            lock.unlock();
        }
    }

    /// Dooms what the next checkpoint no longer needs, and takes the snapshot for it.
    ///
    /// @param doom decides
    /// @param producerExpiryMs see [ArchiveSettings.Checkpoints]
    ShardCheckpoint checkpoint(JournalDoom doom, long producerExpiryMs) {
        lock.lock();
        try {
            ledgers.values()
                    .forEach(ledger -> ledger.expireProducers(lastFrameTimeMs, producerExpiryMs));
            Set<String> going = doom.keys(shard, journals, ledgers, closed);
            for (JournalCover cover : journals) {
                if (going.contains(cover.ref().key())) {
                    doom(
                            doom.object(
                                    cover.ref().key(),
                                    cover.ref().bytes(),
                                    "journal below archived ends"));
                }
            }
            journals.removeIf(cover -> going.contains(cover.ref().key()));
            doom.checkpoints().forEach(this::doom);
            closed.values().removeIf(gone -> doom.forgets(gone));
            return new ShardCheckpoint(
                    clusterId,
                    shard,
                    endIndex,
                    lastTerm,
                    lastFrameTimeMs,
                    ledgers.values().stream().map(PartitionLedger::snapshot).toList(),
                    closed.values().stream()
                            .sorted(java.util.Comparator.comparing(ClosedPartition::id))
                            .toList(),
                    journals.stream().map(JournalCover::ref).toList(),
                    List.copyOf(doomed.values()),
                    metadata.records());
        } finally {
            lock.unlock();
        }
    }

    private void doom(DoomedObject object) {
        doomed.putIfAbsent(object.key(), object);
    }

    /// Gives objects that are going longer.
    ///
    /// @param drafted rows of a checkpoint that nobody has seen yet
    /// @return these rows, the `late` ones with the new time
    List<DoomedObject> postpone(List<DoomedObject> drafted, Set<String> late, long deleteAfterMs) {
        lock.lock();
        try {
            List<DoomedObject> rows = new ArrayList<>();
            for (DoomedObject object : drafted) {
                DoomedObject row =
                        late.contains(object.key())
                                ? new DoomedObject(
                                        object.key(),
                                        object.bytes(),
                                        object.reason(),
                                        deleteAfterMs)
                                : object;
                doomed.replace(object.key(), row);
                rows.add(row);
            }
            return rows;
        } finally {
            lock.unlock();
        }
    }

    /// Objects that are gone: the next checkpoint does not name them any more.
    void gone(Collection<String> keys) {
        lock.lock();
        try {
            keys.forEach(doomed::remove);
        } finally {
            lock.unlock();
        }
    }

    /// Bytes of journals that are in the bucket, the doomed ones included, and of doomed
    /// checkpoints.
    long storedBytes() {
        return locked(() ->
                journals.stream().mapToLong(cover -> cover.ref().bytes()).sum()
                        + doomed.values().stream().mapToLong(DoomedObject::bytes).sum());
    }

    List<ClosedPartition> closedPartitions() {
        return locked(() -> List.copyOf(closed.values()));
    }

    /// Journals that are in the bucket and not doomed, oldest first.
    List<JournalRef> journals() {
        return locked(() -> journals.stream().map(JournalCover::ref).toList());
    }

    /// Facts of partitions whose topic's copy for people must be written again after this journal.
    static boolean changesTopic(PackSection section) {
        return section.facts().stream()
                .anyMatch(fact ->
                        fact instanceof ControlFact.Opened
                                || fact instanceof ControlFact.TopicChanged);
    }

    private <T> T locked(java.util.function.Supplier<T> read) {
        lock.lock();
        try {
            return read.get();
        } finally {
            lock.unlock();
        }
    }
}
