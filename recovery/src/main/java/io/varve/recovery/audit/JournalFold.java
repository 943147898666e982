// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.SectionFold;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.objectstore.ObjectInfo;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Brings a shard's state forward by the indexes of the journals behind its checkpoint, densely,
/// and says where they do not follow on each other. What comes behind such a place is still looked
/// at, and changes nothing. Owner: the audit's thread; [#suspects] is thread-safe.
final class JournalFold {
    private final AuditPass pass;
    private final ShardId shard;
    private final TreeMap<PartitionId, PartitionLedger> ledgers = new TreeMap<>();
    private final Map<PartitionId, Ranges> journaled = new HashMap<>();
    private final Set<PartitionId> ofCheckpoint = new HashSet<>();
    private final Set<PartitionId> closed = new HashSet<>();
    private final AtomicReference<@Nullable String> suspect = new AtomicReference<>();
    private long endIndex;
    private long nextIndex;
    private long lastTerm;
    private boolean broken;
    private boolean ended;

    JournalFold(AuditPass pass, ShardId shard) {
        this.pass = pass;
        this.shard = shard;
    }

    void start(ShardCheckpoint checkpoint) {
        for (PartitionState state : checkpoint.partitions()) {
            ledgers.put(state.id(), PartitionLedger.from(state));
            ofCheckpoint.add(state.id());
        }
        checkpoint.closed().stream().map(ClosedPartition::id).forEach(closed::add);
        endIndex = checkpoint.endIndex();
        nextIndex = endIndex;
        lastTerm = checkpoint.lastTerm();
    }

    /// There are checkpoints, or there must be, and none can be read: nothing is known of what the
    /// journals follow on.
    void startUnknown() {
        broken = true;
        nextIndex = -1;
    }

    /// A journal that the checkpoint needs.
    void needed(PackIndex index) {
        index.sections().forEach(this::journaled);
    }

    private void journaled(PackSection section) {
        journaled
                .computeIfAbsent(section.partition(), id -> new Ranges())
                .add(section.baseOffset(), section.endOffset());
    }

    /// Something is missing or damaged: what is known here may not be all.
    void suspects(String key) {
        suspect.compareAndSet(null, key);
    }

    /// The next journal that is there begins here: too late, if not where the last one ended.
    void follows(long firstIndex) {
        if (nextIndex < 0 || firstIndex == nextIndex) {
            return;
        }
        String key = BucketKeys.journal(shard, nextIndex);
        pass.add(
                AuditFinding.of(
                        Kind.JOURNAL_HOLE,
                        Severity.LOST,
                        key,
                        "journals are missing, what is behind them cannot be restored: key="
                                + key
                                + ", fromIndex="
                                + nextIndex
                                + ", toIndex="
                                + firstIndex));
        suspects(key);
        broken = true;
    }

    /// The next one in the order of their names.
    void next(ObjectInfo object, long firstIndex, Reading<PackIndex> reading) {
        String key = object.key();
        switch (reading) {
            case Reading.Bad<PackIndex> bad -> {
                pass.add(bad.finding(key, true).bytes(object.bytes()));
                suspects(key);
                broken = true;
                nextIndex = -1; // its end is not known
            }
            case Reading.Whole<PackIndex>(PackIndex index) -> {
                follows(firstIndex);
                next(object, index);
            }
        }
    }

    private void next(ObjectInfo object, PackIndex index) {
        PackFacts facts = index.facts();
        if (ended) {
            add(
                    object,
                    Kind.TWO_GENERATIONS,
                    Severity.WARNING,
                    "journal behind END does not count");
            return;
        }
        if (facts.kind() == PackKind.END) {
            ended = true;
            nextIndex = -1;
            return;
        }
        if (facts.kind() != PackKind.JOURNAL || facts.endIndex() <= facts.firstIndex()) {
            add(object, Kind.WRONG_IDENTITY, Severity.CORRUPT, "no journal: facts=" + facts);
            suspects(object.key());
            broken = true;
            nextIndex = -1;
            return;
        }
        nextIndex = facts.endIndex();
        if (broken) {
            return;
        }
        if (facts.lastTerm() < lastTerm) {
            add(
                    object,
                    Kind.RANK_REGRESSION,
                    Severity.CORRUPT,
                    "term goes back: lastTerm=" + facts.lastTerm() + ", before=" + lastTerm);
            breakAt(object);
            return;
        }
        for (PackSection section : index.sections()) {
            if (!fold(object, section)) {
                breakAt(object);
                return;
            }
        }
        index.sections().forEach(this::journaled);
        endIndex = facts.endIndex();
        lastTerm = facts.lastTerm();
    }

    private void breakAt(ObjectInfo object) {
        broken = true;
        suspects(object.key());
    }

    private void add(ObjectInfo object, Kind kind, Severity severity, String fact) {
        pass.add(AuditFinding.of(kind, severity, object.key(), fact).bytes(object.bytes()));
    }

    private boolean fold(ObjectInfo object, PackSection section) {
        PartitionLedger ledger = ledgers.get(section.partition());
        if (ledger != null && !follows(object, section, ledger)) {
            return false;
        }
        for (ControlFact fact : section.facts()) {
            if (fact instanceof ControlFact.LogStartMoved moved
                    && moved.logStart() > section.endOffset()) {
                add(
                        object,
                        section,
                        Kind.END_BEFORE_START,
                        "log start behind the end: logStart=" + moved.logStart());
                return false;
            }
        }
        try {
            Optional<PartitionLedger> next = SectionFold.fold(ledger, section);
            if (next.isPresent()) {
                ledgers.put(section.partition(), next.get());
            } else {
                ledgers.remove(section.partition());
                closed.add(section.partition());
            }
            return true;
        } catch (CorruptObjectException e) {
            add(object, section, Kind.BATCH_MISMATCH, String.valueOf(e.getMessage()));
            return false;
        }
    }

    private boolean follows(ObjectInfo object, PackSection section, PartitionLedger ledger) {
        if (section.baseOffset() != ledger.highWatermark()) {
            add(
                    object,
                    section,
                    section.baseOffset() < ledger.highWatermark() ? Kind.OVERLAP : Kind.GAP,
                    "journal does not follow on the one in front: baseOffset="
                            + section.baseOffset()
                            + ", endBefore="
                            + ledger.highWatermark());
            return false;
        }
        int epoch = section.epochs().isEmpty() ? -1 : section.epochs().getFirst().epoch();
        if (epoch >= 0 && epoch < ledger.latestEpoch().orElse(0)) {
            add(
                    object,
                    section,
                    Kind.EPOCH_REGRESSION,
                    "leader epoch goes back: epoch="
                            + epoch
                            + ", before="
                            + ledger.latestEpoch().orElse(0));
            return false;
        }
        return true;
    }

    private void add(ObjectInfo object, PackSection section, Kind kind, String fact) {
        pass.add(
                AuditFinding.of(kind, Severity.CORRUPT, object.key(), fact)
                        .about(section.topicName(), section.partition())
                        .offsets(section.baseOffset(), section.endOffset())
                        .bytes(object.bytes())
                        .remedy(
                                "bring the object back from the store's own versions or a backup,"
                                        + " else accept the loss of what is behind it"));
    }

    long endIndex() {
        return endIndex;
    }

    @Nullable String suspect() {
        return suspect.get();
    }

    Set<PartitionId> closed() {
        return closed;
    }

    Map<PartitionId, ShardState.Known> partitions() {
        Map<PartitionId, ShardState.Known> known = new TreeMap<>();
        ledgers.forEach((id, ledger) ->
                known.put(
                        id,
                        new ShardState.Known(
                                id,
                                ledger.topicName(),
                                ledger.topicRecord(),
                                ledger.logStart(),
                                ledger.highWatermark(),
                                ledger.manifest(),
                                ofCheckpoint.contains(id),
                                journaled.getOrDefault(id, new Ranges()))));
        return known;
    }
}
