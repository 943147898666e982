// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.PartitionPlan.Origin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// Brings together what a shard knows of a partition and what its manifest says, and checks that
/// manifest and journals leave no offset out. Thread-safe.
final class PartitionReader {
    private final ObjectStore store;
    private final int sourceGeneration;

    PartitionReader(ObjectStore store, int sourceGeneration) {
        this.store = store;
        this.sourceGeneration = sourceGeneration;
    }

    /// A partition and what is wrong with it.
    record Outcome(PartitionPlan plan, List<Finding> findings) {}

    /// @param sections of this partition, in the order in which they were written
    /// @param leftOut offsets that earlier restores left unused
    Outcome read(
            PartitionLedger ledger, Origin origin, List<JournalPart> sections, List<Gap> leftOut)
            throws ObjectStoreException {
        List<Finding> findings = new ArrayList<>();
        PartitionState known = ledger.snapshot();
        Optional<PartitionManifest> manifest = manifest(known, sections, leftOut, findings);
        PartitionState state = state(known, manifest, sections, findings);
        List<JournalPart> needed =
                sections.stream()
                        .filter(part ->
                                part.section().hasRecords()
                                        && part.section().endOffset() > state.archivedEnd()
                                        && part.section().baseOffset() < state.highWatermark())
                        .toList();
        findings.addAll(uncovered(state, needed, leftOut));
        if (manifest.isPresent()) {
            findings.addAll(missingSegments(manifest.get(), state));
        }
        return new Outcome(new PartitionPlan(state, origin, manifest, needed, leftOut), findings);
    }

    /// The newest version of this generation; if it wrote none, exactly the older one that its
    /// first checkpoint named (what an old broker adds behind a cut does not count).
    private Optional<PartitionManifest> manifest(
            PartitionState known,
            List<JournalPart> sections,
            List<Gap> leftOut,
            List<Finding> findings)
            throws ObjectStoreException {
        List<Finding> damaged = new ArrayList<>();
        for (ManifestRef ref : candidates(known).descendingSet()) {
            String key =
                    BucketKeys.manifest(
                            known.topicName(), known.id(), ref.generation(), ref.version());
            try {
                PartitionManifest manifest =
                        ManifestStore.read(store, known.topicName(), known.id(), ref);
                if (!damaged.isEmpty() && !covers(manifest, known, sections, leftOut)) {
                    break;
                }
                damaged.forEach(finding -> findings.add(harmless(finding, ref)));
                return Optional.of(manifest);
            } catch (ObjectStoreException.NotFound e) {
                damaged.add(
                        bad(known, Kind.MISSING_OBJECT, Severity.LOST, key, "manifest is missing"));
            } catch (CorruptObjectException e) {
                damaged.add(
                        bad(
                                known,
                                Kind.UNREADABLE_MANIFEST,
                                Severity.CORRUPT,
                                key,
                                "manifest cannot be read: " + e.getMessage()));
            }
        }
        findings.addAll(damaged);
        return Optional.empty();
    }

    /// An older version and the journals hold all of it: the damage costs nothing.
    private static Finding harmless(Finding finding, ManifestRef used) {
        return new Finding(
                finding.kind(),
                Severity.WARNING,
                finding.key(),
                finding.topic(),
                finding.partition(),
                finding.baseOffset(),
                finding.endOffset(),
                finding.message() + "; an older version and the journals give the same: " + used);
    }

    private static boolean covers(
            PartitionManifest manifest,
            PartitionState known,
            List<JournalPart> sections,
            List<Gap> leftOut) {
        long position = Math.max(manifest.archivedEnd(), known.logStart());
        for (JournalPart part : sections) {
            position = PartitionPlan.skip(leftOut, position);
            if (part.section().baseOffset() <= position) {
                position = Math.max(position, part.section().endOffset());
            }
        }
        return PartitionPlan.skip(leftOut, position) >= known.highWatermark();
    }

    private TreeSet<ManifestRef> candidates(PartitionState known) throws ObjectStoreException {
        TreeSet<ManifestRef> refs =
                new TreeSet<>(
                        Comparator.comparingInt(ManifestRef::generation)
                                .thenComparingLong(ManifestRef::version));
        String prefix = BucketKeys.manifestPrefix(known.topicName(), known.id(), sourceGeneration);
        for (ObjectInfo object : WholeObjects.list(store, prefix)) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Manifest name) {
                refs.add(new ManifestRef(name.generation(), name.version()));
            }
        }
        if (known.manifest().exists()) {
            refs.add(known.manifest());
        }
        return refs;
    }

    private static Finding bad(
            PartitionState state, Kind kind, Severity severity, String key, String fact) {
        return Finding.of(
                kind,
                severity,
                key,
                state.topicName(),
                state.id(),
                state.logStart(),
                state.archivedEnd(),
                fact + ": key=" + key);
    }

    private PartitionState state(
            PartitionState known,
            Optional<PartitionManifest> manifest,
            List<JournalPart> sections,
            List<Finding> findings) {
        long logStart = known.logStart();
        long end = known.highWatermark();
        long archivedEnd = known.archivedEnd();
        ManifestRef ref = known.manifest();
        if (manifest.isPresent()) {
            PartitionManifest found = manifest.get();
            // what was deleted counts as archived, also when no journal tells of it yet
            if (found.archivedEnd() > Math.max(end, found.logStart())) {
                findings.add(
                        Finding.of(
                                Kind.JOURNAL_HOLE,
                                Severity.LOST,
                                BucketKeys.partitionPrefix(known.topicName(), known.id()),
                                known.topicName(),
                                known.id(),
                                end,
                                found.archivedEnd(),
                                "segment objects go further than the journals: the newest journal is"
                                        + " missing, and the restore ends in front of it: archivedEnd="
                                        + found.archivedEnd()
                                        + ", endOffset="
                                        + end));
            }
            logStart = Math.max(logStart, found.logStart());
            end = Math.max(end, logStart);
            archivedEnd = Math.max(logStart, Math.min(found.archivedEnd(), end));
            ref = found.ref();
        } else if (!ref.exists()) {
            archivedEnd = logStart;
        }
        return restored(known, logStart, archivedEnd, end, ref, sections);
    }

    private PartitionState restored(
            PartitionState known,
            long logStart,
            long archivedEnd,
            long end,
            ManifestRef ref,
            List<JournalPart> sections) {
        PartitionLedger ledger = PartitionLedger.from(known);
        if (logStart <= known.highWatermark()) {
            ledger.moveLogStart(logStart);
        }
        PartitionState moved = ledger.snapshot();
        return new PartitionState(
                known.id(),
                known.topicName(),
                known.topicRecord(),
                known.baseEpoch(),
                logStart,
                archivedEnd,
                end,
                ref,
                moved.epochs(),
                aborted(moved, archivedEnd, sections),
                moved.producers());
    }

    /// Those that end above `archivedEnd`; a checkpoint may have forgotten some of them when it
    /// knew a later archived end, journals have not.
    private static List<AbortedTxn> aborted(
            PartitionState moved, long archivedEnd, List<JournalPart> sections) {
        TreeSet<AbortedTxn> aborted =
                new TreeSet<>(
                        Comparator.comparingLong(AbortedTxn::markerOffset)
                                .thenComparingLong(AbortedTxn::producerId));
        aborted.addAll(moved.aborted());
        for (JournalPart part : sections) {
            aborted.addAll(part.section().aborted());
        }
        aborted.removeIf(txn ->
                txn.markerOffset() < archivedEnd || txn.markerOffset() >= moved.highWatermark());
        return List.copyOf(aborted);
    }

    private static List<Finding> uncovered(
            PartitionState state, List<JournalPart> needed, List<Gap> leftOut) {
        List<Finding> findings = new ArrayList<>();
        long position = state.archivedEnd();
        for (JournalPart part : needed) {
            PackSection section = part.section();
            position = PartitionPlan.skip(leftOut, position);
            if (section.baseOffset() > position) {
                findings.add(hole(state, position, section.baseOffset()));
            }
            position = Math.max(position, section.endOffset());
        }
        position = PartitionPlan.skip(leftOut, position);
        if (position < state.highWatermark()) {
            findings.add(hole(state, position, state.highWatermark()));
        }
        return findings;
    }

    private static Finding hole(PartitionState state, long baseOffset, long endOffset) {
        return Finding.of(
                Kind.JOURNAL_HOLE,
                Severity.LOST,
                BucketKeys.partitionPrefix(state.topicName(), state.id()),
                state.topicName(),
                state.id(),
                baseOffset,
                endOffset,
                "neither segment objects nor journals hold these records: topic="
                        + state.topicName()
                        + ", partition="
                        + state.id().partition()
                        + ", baseOffset="
                        + baseOffset
                        + ", endOffset="
                        + endOffset);
    }

    private List<Finding> missingSegments(PartitionManifest manifest, PartitionState state)
            throws ObjectStoreException {
        List<Finding> findings = new ArrayList<>();
        List<SegmentEntry> entries = named(manifest, state, findings);
        if (entries.isEmpty()) {
            return findings;
        }
        Map<String, Long> sizes = new HashMap<>();
        WholeObjects.list(store, BucketKeys.segmentPrefix(manifest.topicName(), manifest.id()))
                .forEach(object -> sizes.put(object.key(), object.bytes()));
        for (SegmentEntry entry : entries) {
            String key = entry.key(manifest.topicName(), manifest.id());
            Long bytes = sizes.get(key);
            if (bytes == null || bytes != entry.bytes()) {
                findings.add(
                        Finding.of(
                                bytes == null ? Kind.MISSING_OBJECT : Kind.SIZE_MISMATCH,
                                bytes == null ? Severity.LOST : Severity.CORRUPT,
                                key,
                                manifest.topicName(),
                                manifest.id(),
                                entry.baseOffset(),
                                entry.endOffset(),
                                "segment object is not as the manifest says: key="
                                        + key
                                        + ", bytes="
                                        + bytes
                                        + ", expectedBytes="
                                        + entry.bytes()));
            }
        }
        return findings;
    }

    /// All segments that are to be there, those of pages too.
    private List<SegmentEntry> named(
            PartitionManifest manifest, PartitionState state, List<Finding> findings)
            throws ObjectStoreException {
        List<SegmentEntry> entries = new ArrayList<>();
        long start = state.logStart();
        long end = state.highWatermark();
        for (PageRef page : manifest.pagesIn(start, end)) {
            String key = page.key(manifest.topicName(), manifest.id());
            try {
                entries.addAll(
                        ManifestStore.readPage(store, manifest.topicName(), manifest.id(), page)
                                .rows()
                                .entriesIn(start, end));
            } catch (ObjectStoreException.NotFound e) {
                findings.add(
                        badPage(state, page, Kind.MISSING_OBJECT, key, "manifest page is missing"));
            } catch (CorruptObjectException e) {
                findings.add(
                        badPage(
                                state,
                                page,
                                Kind.UNREADABLE_MANIFEST,
                                key,
                                "manifest page cannot be read: " + e.getMessage()));
            }
        }
        entries.addAll(manifest.inline().entriesIn(start, end));
        return entries;
    }

    private static Finding badPage(
            PartitionState state, PageRef page, Kind kind, String key, String fact) {
        return Finding.of(
                kind,
                kind == Kind.MISSING_OBJECT ? Severity.LOST : Severity.CORRUPT,
                key,
                state.topicName(),
                state.id(),
                page.baseOffset(),
                page.endOffset(),
                fact + ": key=" + key);
    }
}
