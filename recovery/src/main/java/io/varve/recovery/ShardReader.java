// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.metadata.MetadataFold;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.SectionFold;
import io.varve.manifest.state.PartitionLedger;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.BucketSurvey.ShardSurvey;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Folds one shard: newest usable checkpoint, then the indexes of the journals behind it, densely.
/// Where the history breaks (a hole, damage) it stops there and says so; what lies behind is looked
/// at only for epochs and for where END must go.
///
/// One instance per shard. Owner: the caller's thread.
final class ShardReader {
    private final ObjectStore store;
    private final String clusterId;
    private final ShardSurvey survey;
    private final List<Finding> findings;

    private final TreeMap<PartitionId, PartitionLedger> ledgers = new TreeMap<>();
    private final TreeMap<PartitionId, ClosedPartition> gone = new TreeMap<>();
    private final List<JournalRef> refs = new ArrayList<>();
    private final List<Journal> journals = new ArrayList<>();
    private List<DoomedObject> doomed = List.of();
    private @Nullable MetadataFold metadata;
    private OptionalLong checkpointIndex = OptionalLong.empty();
    private long endIndex;
    private long lastTerm;
    private long lastFrameTimeMs;
    private long closeIndex;
    private boolean closed;
    private boolean closable = true;
    private boolean broken;
    private long termMax;
    private long epochMax;
    private Optional<Instant> lastJournal = Optional.empty();

    ShardReader(ObjectStore store, String clusterId, ShardSurvey survey, List<Finding> findings) {
        this.store = store;
        this.clusterId = clusterId;
        this.survey = survey;
        this.findings = findings;
        this.metadata = survey.shard().isMetadata() ? MetadataFold.empty() : null;
    }

    /// @throws VersionTooNewException a later varve wrote something that is needed
    ShardHistory read() throws ObjectStoreException {
        readCheckpoint();
        readJournals();
        long base = ledgers.values().stream().mapToLong(PartitionLedger::baseEpoch).max().orElse(0);
        ledgers.values()
                .forEach(ledger -> epochMax = Math.max(epochMax, ledger.latestEpoch().orElse(0)));
        return new ShardHistory(
                survey.shard(),
                checkpointIndex,
                ledgers,
                List.copyOf(gone.values()),
                refs,
                journals,
                doomed,
                metadata,
                endIndex,
                lastTerm,
                lastFrameTimeMs,
                Math.max(closeIndex, endIndex),
                closed,
                closable,
                Math.max(epochMax, base + termMax),
                lastJournal);
    }

    private void readCheckpoint() throws ObjectStoreException {
        ShardId shard = survey.shard();
        CheckpointStore.Usable usable = CheckpointStore.newestUsable(store, shard, Long.MAX_VALUE);
        for (CheckpointStore.Damaged damaged : usable.skipped()) {
            findings.add(
                    Finding.of(
                            Kind.UNREADABLE_CHECKPOINT,
                            usable.checkpoint().isPresent()
                                            || !ClusterFiles.isRestored(store, shard)
                                    ? Severity.WARNING
                                    : Severity.CORRUPT,
                            damaged.key(),
                            "checkpoint cannot be read, an older one and the journals behind it are"
                                    + " used: key="
                                    + damaged.key()
                                    + ", "
                                    + damaged.error().getMessage()));
        }
        ShardCheckpoint checkpoint = usable.checkpoint().orElse(null);
        if (checkpoint == null) {
            if (ClusterFiles.isRestored(store, shard)) {
                broken = true;
                String prefix = BucketKeys.checkpointPrefix(shard);
                findings.add(
                        Finding.of(
                                Kind.MISSING_CHECKPOINT,
                                Severity.LOST,
                                prefix,
                                "shard of a restored generation has no readable checkpoint: shard="
                                        + shard
                                        + ", found="
                                        + survey.checkpoints().size()));
            }
            return;
        }
        if (!checkpoint.clusterId().equals(clusterId)) {
            broken = true;
            String key = BucketKeys.checkpoint(shard, checkpoint.endIndex());
            findings.add(
                    Finding.of(
                            Kind.WRONG_IDENTITY,
                            Severity.CORRUPT,
                            key,
                            "checkpoint of another cluster: key="
                                    + key
                                    + ", clusterId="
                                    + checkpoint.clusterId()));
            return;
        }
        take(checkpoint);
        readNamedJournals(checkpoint.journals());
    }

    private void take(ShardCheckpoint checkpoint) {
        checkpointIndex = OptionalLong.of(checkpoint.endIndex());
        checkpoint
                .partitions()
                .forEach(state -> ledgers.put(state.id(), PartitionLedger.from(state)));
        checkpoint.closed().forEach(left -> gone.put(left.id(), left));
        doomed = checkpoint.doomed();
        if (survey.shard().isMetadata()) {
            metadata = MetadataFold.from(checkpoint.metadata());
        }
        endIndex = checkpoint.endIndex();
        lastTerm = checkpoint.lastTerm();
        termMax = checkpoint.lastTerm();
        lastFrameTimeMs = checkpoint.lastFrameTimeMs();
        lastJournal =
                survey.checkpoints().stream()
                        .filter(object ->
                                object.key()
                                        .equals(BucketKeys.checkpoint(survey.shard(), endIndex)))
                        .map(ObjectInfo::lastModified)
                        .findFirst();
    }

    /// Journals that the checkpoint names: only their indexes, to know which partition's records
    /// they hold. One that is gone matters only when its records are missing somewhere: coverage is
    /// checked per partition.
    private void readNamedJournals(List<JournalRef> named) throws ObjectStoreException {
        List<Tail> tails = ParallelReads.map(named, ref -> open(ref.key()));
        for (int i = 0; i < named.size(); i++) {
            JournalRef ref = named.get(i);
            refs.add(ref);
            if (tails.get(i) instanceof Tail.Read(PackIndex index)) {
                if (isWhatItsRefSays(ref, index)) {
                    journals.add(new Journal(ref, index));
                } else {
                    findings.add(wrongIdentity(ref.key(), index.facts(), Severity.WARNING));
                }
            } else {
                findings.add(unreadable(tails.get(i), ref.key(), Severity.WARNING));
            }
        }
    }

    /// Of this cluster, the shard of its key (perhaps of an older generation), and as long as when
    /// it was named.
    private boolean isWhatItsRefSays(JournalRef ref, PackIndex index) {
        PackFacts facts = index.facts();
        boolean shard =
                switch (BucketKeys.parse(ref.key())) {
                    case ObjectName.Journal name -> name.shard().equals(facts.shard());
                    case ObjectName.RollUp name -> name.shard().equals(facts.shard());
                    default -> false;
                };
        return shard
                && facts.clusterId().equals(clusterId)
                && facts.firstIndex() == ref.firstIndex()
                && facts.endIndex() == ref.endIndex()
                && index.objectBytes() == ref.bytes();
    }

    private static Finding wrongIdentity(String key, PackFacts facts, Severity severity) {
        return Finding.of(
                Kind.WRONG_IDENTITY,
                severity,
                key,
                "journal is another one than its key says: key=" + key + ", facts=" + facts);
    }

    private sealed interface Tail {
        record Read(PackIndex index) implements Tail {}

        record Missing() implements Tail {}

        record Damaged(String why) implements Tail {}
    }

    private Tail open(String key) throws ObjectStoreException {
        try {
            return new Tail.Read(PackReader.open(store, key));
        } catch (ObjectStoreException.NotFound e) {
            return new Tail.Missing();
        } catch (CorruptObjectException e) {
            return new Tail.Damaged(String.valueOf(e.getMessage()));
        }
    }

    private static Finding unreadable(Tail tail, String key, Severity severity) {
        return switch (tail) {
            case Tail.Damaged damaged ->
                    Finding.of(
                            Kind.CRC_MISMATCH,
                            severity,
                            key,
                            "journal cannot be read: key=" + key + ", " + damaged.why());
            case Tail.Missing missing ->
                    Finding.of(
                            Kind.MISSING_OBJECT,
                            severity,
                            key,
                            "journal that a checkpoint names is not there: key=" + key);
            case Tail.Read read -> throw new IllegalStateException("readable: key=" + key);
        };
    }

    private void readJournals() throws ObjectStoreException {
        Set<String> known = new HashSet<>();
        refs.forEach(ref -> known.add(ref.key()));
        List<ObjectInfo> following =
                survey.journals().stream()
                        .filter(object ->
                                !known.contains(object.key()) && firstIndexOf(object) >= endIndex)
                        .toList();
        List<Tail> tails = ParallelReads.map(following, object -> open(object.key()));
        closeIndex = endIndex;
        for (int i = 0; i < following.size(); i++) {
            next(following.get(i), tails.get(i));
        }
    }

    private static long firstIndexOf(ObjectInfo object) {
        return BucketKeys.parse(object.key()) instanceof ObjectName.Journal name
                ? name.firstIndex()
                : -1;
    }

    private void next(ObjectInfo object, Tail tail) throws ObjectStoreException {
        if (!(tail instanceof Tail.Read(PackIndex index))) {
            findings.add(unreadable(tail, object.key(), Severity.CORRUPT));
            broken = true;
            closable = false;
            return;
        }
        PackFacts facts = index.facts();
        if (!isWhatItsKeySays(object, facts)) {
            findings.add(wrongIdentity(object.key(), facts, Severity.CORRUPT));
            broken = true;
            closable = false;
            return;
        }
        if (closed) {
            findings.add(
                    Finding.of(
                            Kind.TWO_GENERATIONS,
                            Severity.WARNING,
                            object.key(),
                            "journal behind END does not count: key="
                                    + object.key()
                                    + ", end="
                                    + closeIndex));
            seen(index);
            return;
        }
        if (!broken && facts.firstIndex() != endIndex) {
            broken = true;
            findings.add(hole(facts.firstIndex()));
        }
        closeIndex = facts.endIndex();
        closable = true;
        if (facts.kind() == PackKind.END) {
            closed = true;
            return;
        }
        seen(index);
        if (!broken) {
            fold(object, index);
        }
    }

    private boolean isWhatItsKeySays(ObjectInfo object, PackFacts facts) {
        boolean kind =
                facts.kind() == PackKind.END
                        ? facts.endIndex() == facts.firstIndex()
                        : facts.kind() == PackKind.JOURNAL && facts.endIndex() > facts.firstIndex();
        return kind
                && facts.clusterId().equals(clusterId)
                && facts.shard().equals(survey.shard())
                && facts.firstIndex() == firstIndexOf(object);
    }

    private Finding hole(long nextIndex) {
        String key = BucketKeys.journal(survey.shard(), endIndex);
        return Finding.of(
                Kind.JOURNAL_HOLE,
                Severity.LOST,
                key,
                "journals are missing, what is behind them cannot be restored: shard="
                        + survey.shard()
                        + ", fromIndex="
                        + endIndex
                        + ", toIndex="
                        + nextIndex
                        + (checkpointIndex.isEmpty() ? ", no checkpoint is there" : ""));
    }

    private void seen(PackIndex index) {
        termMax = Math.max(termMax, index.facts().lastTerm());
        for (PackSection section : index.sections()) {
            section.epochs().forEach(start -> epochMax = Math.max(epochMax, start.epoch()));
        }
    }

    private void fold(ObjectInfo object, PackIndex index) throws ObjectStoreException {
        PackFacts facts = index.facts();
        JournalRef ref =
                new JournalRef(
                        object.key(), facts.firstIndex(), facts.endIndex(), index.objectBytes());
        if (facts.lastTerm() < lastTerm) {
            breakAt(object, Kind.RANK_REGRESSION, "term went back: lastTerm=" + facts.lastTerm());
            return;
        }
        Optional<PackSection> misplaced =
                index.sections().stream().filter(section -> !follows(section)).findFirst();
        if (misplaced.isPresent()) {
            breakAt(object, Kind.OVERLAP, "section=" + misplaced.get().partition());
            return;
        }
        try {
            replayMetadata(ref, index);
            for (PackSection section : index.sections()) {
                fold(section, object.lastModified().toEpochMilli());
            }
        } catch (CorruptObjectException e) {
            breakAt(object, Kind.CRC_MISMATCH, String.valueOf(e.getMessage()));
            return;
        }
        refs.add(ref);
        journals.add(new Journal(ref, index));
        endIndex = facts.endIndex();
        lastTerm = facts.lastTerm();
        lastJournal = Optional.of(object.lastModified());
    }

    private void breakAt(ObjectInfo object, Kind kind, String why) {
        broken = true;
        findings.add(
                Finding.of(
                        kind,
                        Severity.CORRUPT,
                        object.key(),
                        "journal does not follow on what is in front of it: key="
                                + object.key()
                                + ", "
                                + why));
    }

    private boolean follows(PackSection section) {
        PartitionLedger ledger = ledgers.get(section.partition());
        return ledger != null
                ? ledger.highWatermark() == section.baseOffset()
                : !section.facts().isEmpty();
    }

    private void replayMetadata(JournalRef ref, PackIndex index) throws ObjectStoreException {
        if (metadata == null) {
            return;
        }
        for (PackSection section : index.sections()) {
            if (section.hasRecords()) {
                metadata.replay(PackReader.readSection(store, ref.key(), section));
            }
        }
    }

    private void fold(PackSection section, long timeMs) {
        PartitionId id = section.partition();
        Optional<PartitionLedger> next = SectionFold.fold(ledgers.get(id), section);
        if (next.isPresent()) {
            ledgers.put(id, next.get());
        } else {
            ledgers.remove(id);
            gone.put(id, new ClosedPartition(id, section.topicName(), timeMs));
        }
        section.producers()
                .forEach(producer ->
                        lastFrameTimeMs = Math.max(lastFrameTimeMs, producer.lastTimestampMs()));
    }
}
