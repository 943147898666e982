// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.ShardCheckpoint.ClosedPartition;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.PartitionPlan.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// A deleted topic whose partitions were closed: no checkpoint tells their state any more. The
/// newest manifest tells what segment objects hold, and the journals behind it, which are kept
/// until undelete is past, tell the rest. Owner: the planner's thread.
final class ClosedTopic {
    private final ObjectStore store;
    private final Lineage lineage;
    private final String name;
    private final Uuid id;
    private final Map<Integer, PartitionPlan> open;
    private final Map<PartitionId, List<JournalPart>> sections = new TreeMap<>();
    private final List<Finding> findings = new ArrayList<>();

    /// @param open partitions that a shard still knows
    ClosedTopic(
            ObjectStore store,
            Lineage lineage,
            String name,
            Uuid id,
            Map<Integer, PartitionPlan> open,
            List<ShardHistory> histories) {
        this.store = store;
        this.lineage = lineage;
        this.name = name;
        this.id = id;
        this.open = open;
        for (ShardHistory history : histories) {
            for (Journal journal : history.journals()) {
                for (PackSection section : journal.index().sections()) {
                    if (section.partition().topicId().equals(id)) {
                        sections.computeIfAbsent(section.partition(), any -> new ArrayList<>())
                                .add(new JournalPart(journal.ref().key(), section));
                    }
                }
            }
        }
    }

    List<Finding> findings() {
        return findings;
    }

    /// @throws RecoveryException its objects are gone
    TopicPlan plan(Map<Integer, ClosedPartition> closed)
            throws ObjectStoreException, RecoveryException {
        TopicDocument document =
                document()
                        .orElseThrow(() ->
                                new RecoveryException(
                                        "the topic was deleted and is gone for good: topic="
                                                + name
                                                + ", id="
                                                + id
                                                + ", missing="
                                                + BucketKeys.topicJson(name, id)));
        List<PartitionPlan> partitions = new ArrayList<>();
        for (int number = 0; number < document.partitions(); number++) {
            PartitionPlan known = open.get(number);
            partitions.add(
                    known != null
                            ? known
                            : partition(
                                    new PartitionId(id, number),
                                    document.toLine(),
                                    closed.containsKey(number)));
        }
        return new TopicPlan(name, id, document.configs(), false, partitions);
    }

    private Optional<TopicDocument> document() throws ObjectStoreException {
        if (!open.isEmpty()) {
            return Optional.of(AdoptedTopics.document(open.values().iterator().next()));
        }
        try {
            Optional<TopicDocument> copy = TopicDocument.read(store, name, id);
            if (copy.isPresent()) {
                return copy;
            }
        } catch (CorruptObjectException e) {
            findings.add(
                    Finding.of(
                            Kind.CRC_MISMATCH,
                            Severity.WARNING,
                            BucketKeys.topicJson(name, id),
                            "the topic's copy cannot be read, journals tell its settings: "
                                    + e.getMessage()));
        }
        String line = "";
        for (List<JournalPart> parts : sections.values()) {
            for (JournalPart part : parts) {
                for (ControlFact fact : part.section().facts()) {
                    if (fact instanceof ControlFact.Opened opened) {
                        line = opened.topicRecord();
                    } else if (fact instanceof ControlFact.TopicChanged changed) {
                        line = changed.topicRecord();
                    }
                }
            }
        }
        return line.isEmpty() ? Optional.empty() : Optional.of(TopicDocument.fromLine(line));
    }

    private PartitionPlan partition(PartitionId partition, String topicRecord, boolean closed)
            throws ObjectStoreException {
        List<JournalPart> parts = sections.getOrDefault(partition, List.of());
        List<Gap> leftOut = lineage.leftOut().getOrDefault(partition, List.of());
        Optional<PartitionManifest> manifest = manifest(partition);
        String prefix = BucketKeys.partitionPrefix(name, partition);
        if (manifest.isEmpty() && !store.list(prefix, "", 1).isEmpty()) {
            findings.add(
                    lost(
                            partition,
                            "no manifest names the objects of a deleted partition any more"));
        }
        if (manifest.isEmpty() && parts.isEmpty() && closed) {
            findings.add(
                    Finding.of(
                            Kind.MISSING_OBJECT,
                            Severity.WARNING,
                            prefix,
                            name,
                            partition,
                            0,
                            0,
                            "nothing in the bucket tells of records of this partition, it comes"
                                    + " back empty: partition="
                                    + partition.partition()));
        }
        PartitionLedger ledger =
                fold(start(partition, topicRecord, manifest, parts), parts, leftOut);
        PartitionReader.Outcome outcome =
                new PartitionReader(store, lineage.source())
                        .read(ledger, Origin.DELETED, parts, leftOut);
        findings.addAll(outcome.findings());
        return outcome.plan();
    }

    private Finding lost(PartitionId partition, String fact) {
        return Finding.of(
                Kind.MISSING_OBJECT,
                Severity.LOST,
                BucketKeys.partitionPrefix(name, partition),
                name,
                partition,
                0,
                0,
                fact + ": topic=" + name + ", partition=" + partition.partition());
    }

    /// The newest version of the generation that lived last; if it wrote none, the one that its cut
    /// names: what an older one added behind the cut does not count.
    private Optional<PartitionManifest> manifest(PartitionId partition)
            throws ObjectStoreException {
        try {
            for (ManifestRef ref : ManifestStore.versions(store, name, partition).reversed()) {
                if (ref.generation() == lineage.source()) {
                    return Optional.of(ManifestStore.read(store, name, partition, ref));
                }
            }
            List<Cut.PartitionCut> cuts =
                    lineage.sourceCut().map(Cut::partitions).orElse(List.of());
            for (Cut.PartitionCut cut : cuts) {
                if (cut.id().equals(partition)) {
                    ManifestRef ref =
                            new ManifestRef(cut.manifestGeneration(), cut.manifestVersion());
                    return ref.exists()
                            ? Optional.of(ManifestStore.read(store, name, partition, ref))
                            : Optional.empty();
                }
            }
            return ManifestStore.newest(store, name, partition, lineage.source());
        } catch (CorruptObjectException | ObjectStoreException.NotFound e) {
            findings.add(lost(partition, "manifest cannot be read: " + e.getMessage()));
            return Optional.empty();
        }
    }

    private PartitionLedger start(
            PartitionId partition,
            String topicRecord,
            Optional<PartitionManifest> manifest,
            List<JournalPart> parts) {
        if (manifest.isPresent()) {
            PartitionManifest known = manifest.get();
            return PartitionLedger.from(
                    new PartitionState(
                            partition,
                            name,
                            topicRecord,
                            0,
                            known.logStart(),
                            known.archivedEnd(),
                            known.archivedEnd(),
                            known.ref(),
                            known.epochStarts(),
                            List.of(),
                            List.of()));
        }
        boolean fromItsBeginning =
                !parts.isEmpty()
                        && !parts.getFirst().section().facts().isEmpty()
                        && parts.getFirst().section().facts().getFirst()
                                instanceof ControlFact.Opened;
        return PartitionLedger.open(
                partition,
                name,
                topicRecord,
                0,
                fromItsBeginning ? parts.getFirst().section().baseOffset() : 0);
    }

    /// As far as the journals go without a hole: the reader of the partition names what is missing.
    private PartitionLedger fold(
            PartitionLedger ledger, List<JournalPart> parts, List<Gap> leftOut) {
        PartitionLedger current = ledger;
        for (JournalPart part : parts) {
            PackSection section = part.section();
            long position = PartitionPlan.skip(leftOut, current.highWatermark());
            if (section.hasRecords() && section.endOffset() > position) {
                if (section.baseOffset() > position) {
                    findings.add(
                            lost(
                                    section.partition(),
                                    "neither segment objects nor journals hold records: from="
                                            + position
                                            + ", to="
                                            + section.baseOffset()));
                    return current;
                }
                current = at(current, position);
                append(current, section, position);
            }
            for (ControlFact fact : section.facts()) {
                if (fact instanceof ControlFact.LogStartMoved moved) {
                    current.moveLogStart(Math.min(moved.logStart(), current.highWatermark()));
                }
            }
        }
        return current;
    }

    /// Behind offsets that a restore left unused.
    private static PartitionLedger at(PartitionLedger ledger, long position) {
        if (ledger.highWatermark() == position) {
            return ledger;
        }
        PartitionState state = ledger.snapshot();
        return PartitionLedger.from(
                new PartitionState(
                        state.id(),
                        state.topicName(),
                        state.topicRecord(),
                        state.baseEpoch(),
                        state.logStart(),
                        state.archivedEnd(),
                        position,
                        state.manifest(),
                        state.epochs(),
                        state.aborted(),
                        state.producers()));
    }

    /// A journal may begin in front of where the segment objects end.
    private static void append(PartitionLedger ledger, PackSection section, long position) {
        int latest = ledger.latestEpoch().orElse(-1);
        List<EpochStart> epochs =
                section.epochs().stream()
                        .filter(start -> start.epoch() > latest)
                        .map(start ->
                                new EpochStart(
                                        start.epoch(), Math.max(start.startOffset(), position)))
                        .toList();
        ledger.appendFolded(
                position, section.endOffset(), epochs, section.aborted(), section.producers());
    }
}
