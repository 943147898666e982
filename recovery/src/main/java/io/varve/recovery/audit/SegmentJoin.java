// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.ManifestPage;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.EpochStart;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.ParallelReads;
import io.varve.recovery.audit.PartitionListing.ListedSegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// Brings together the rows of manifests and pages with the objects that are there: what is named
/// and missing or another one; what is there and unnamed is left over. The rows of one page are in
/// memory at a time. One instance per partition and look. Owner: the thread that audits it.
final class SegmentJoin {
    private static final int WINDOW = 16;

    private final AuditPass pass;
    private final Lives lives;
    private final PartitionListing listing;
    private final PackAudit packs;
    private final BitSet claimed = new BitSet();
    private final Set<String> claimedPages = new HashSet<>();
    private final Ranges unknown = new Ranges();
    private Optional<SegmentEntry> first = Optional.empty();
    private int lastEpoch = -1;

    SegmentJoin(AuditPass pass, Lives lives, PartitionListing listing) {
        this.pass = pass;
        this.lives = lives;
        this.listing = listing;
        this.packs = new PackAudit(pass);
    }

    /// All that the manifest serves from.
    void serve(PartitionManifest manifest) throws ObjectStoreException {
        for (PageRef page : manifest.pages()) {
            Optional<ManifestPage> read = page(page, true);
            if (read.isPresent()) {
                serve(read.get().rows().entries());
            } else {
                unknown.add(page.baseOffset(), page.endOffset());
            }
        }
        serve(manifest.entries());
        manifest.doomedPages()
                .forEach(gone -> {
                    claimedPages.add(gone.page().key(listing.topicName(), listing.id()));
                    unknown.add(gone.page().baseOffset(), gone.page().endOffset());
                });
    }

    /// What a restore point or a hold keeps with a manifest version.
    void keep(PartitionManifest manifest, String marker) throws ObjectStoreException {
        for (PageRef page : manifest.pages()) {
            claimedPages.add(page.key(listing.topicName(), listing.id()));
            Optional<ManifestPage> read = page(page, false);
            if (read.isPresent()) {
                keep(read.get().rows().entries(), marker);
            } else {
                unknown.add(page.baseOffset(), page.endOffset());
            }
        }
        keep(manifest.entries(), marker);
    }

    private void keep(List<SegmentEntry> entries, String marker) {
        for (SegmentEntry entry : entries) {
            OptionalInt at = listing.find(entry);
            if (at.isPresent()) {
                claimed.set(at.getAsInt());
            } else {
                pass.add(
                        MarkersAudit.broken(entry.key(listing.topicName(), listing.id()), marker)
                                .about(listing.topicName(), listing.id())
                                .offsets(entry.baseOffset(), entry.endOffset()));
            }
        }
    }

    private Optional<ManifestPage> page(PageRef page, boolean needed) throws ObjectStoreException {
        String key = page.key(listing.topicName(), listing.id());
        claimedPages.add(key);
        Reading<ManifestPage> reading =
                Reading.of(
                        Kind.UNREADABLE_MANIFEST,
                        () ->
                                ManifestStore.readPage(
                                        pass.store(), listing.topicName(), listing.id(), page));
        return switch (reading) {
            case Reading.Whole<ManifestPage>(ManifestPage whole) -> Optional.of(whole);
            case Reading.Bad<ManifestPage> bad -> {
                pass.add(
                        bad.finding(key, needed)
                                .about(listing.topicName(), listing.id())
                                .offsets(page.baseOffset(), page.endOffset()));
                yield Optional.empty();
            }
        };
    }

    private void serve(List<SegmentEntry> entries) throws ObjectStoreException {
        if (first.isEmpty() && !entries.isEmpty()) {
            first = Optional.of(entries.getFirst());
        }
        for (int from = 0; from < entries.size(); from += WINDOW) {
            List<SegmentEntry> window =
                    entries.subList(from, Math.min(entries.size(), from + WINDOW));
            List<Optional<PackSection>> sections = ParallelReads.map(window, this::look);
            for (int i = 0; i < window.size(); i++) {
                claim(window.get(i));
                if (sections.get(i).isPresent()) {
                    epochs(window.get(i), sections.get(i).get());
                }
            }
        }
    }

    private void claim(SegmentEntry entry) {
        listing.find(entry).ifPresent(claimed::set);
    }

    private AuditFinding about(SegmentEntry entry, AuditFinding finding) {
        return finding.about(listing.topicName(), listing.id())
                .offsets(entry.baseOffset(), entry.endOffset());
    }

    /// @return the section, when it was opened and is the right one
    private Optional<PackSection> look(SegmentEntry entry) throws ObjectStoreException {
        String key = entry.key(listing.topicName(), listing.id());
        OptionalInt at = listing.find(entry);
        if (at.isEmpty()) {
            pass.add(
                    about(
                            entry,
                            AuditFinding.of(
                                    Kind.MISSING_OBJECT,
                                    Severity.LOST,
                                    key,
                                    "segment object that the manifest names is not there")));
            return Optional.empty();
        }
        long bytes = listing.segments().get(at.getAsInt()).bytes();
        if (!pass.opensPacks()) {
            if (bytes != entry.bytes()) {
                pass.add(about(entry, differs(key, bytes, entry)));
            }
            return Optional.empty();
        }
        Reading<PackIndex> reading = packs.open(key, bytes, OptionalLong.of(entry.bytes()));
        return switch (reading) {
            case Reading.Bad<PackIndex> bad -> {
                pass.add(about(entry, bad.finding(key, true).bytes(bytes)));
                yield Optional.empty();
            }
            case Reading.Whole<PackIndex>(PackIndex index) -> compare(entry, key, index);
        };
    }

    private static AuditFinding differs(String key, long bytes, SegmentEntry entry) {
        return AuditFinding.of(
                        Kind.SIZE_MISMATCH,
                        Severity.CORRUPT,
                        key,
                        "segment object has another size than the manifest says: key="
                                + key
                                + ", bytes="
                                + bytes
                                + ", expectedBytes="
                                + entry.bytes())
                .bytes(bytes);
    }

    private Optional<PackSection> compare(SegmentEntry entry, String key, PackIndex index)
            throws ObjectStoreException {
        PartitionId id = listing.id();
        PackFacts facts = index.facts();
        PackSection section = index.section(id).orElse(null);
        String clusterId = lives.clusterId();
        if (facts.kind() != PackKind.SEGMENT
                || (clusterId != null && !clusterId.equals(facts.clusterId()))
                || section == null
                || section.baseOffset() != entry.baseOffset()
                || section.endOffset() != entry.objectEndOffset()
                || (index.objectBytes() == entry.bytes() && index.indexCrc() != entry.indexCrc())) {
            pass.add(
                    about(
                            entry,
                            AuditFinding.of(
                                            Kind.WRONG_IDENTITY,
                                            Severity.CORRUPT,
                                            key,
                                            LiveShardAudit.another(key, facts))
                                    .bytes(index.objectBytes())));
            return Optional.empty();
        }
        if (index.objectBytes() != entry.bytes()) {
            pass.add(about(entry, differs(key, index.objectBytes(), entry)));
        } else if (section.recordCount() != entry.recordCount()
                || section.maxTimestampMs() != entry.maxTimestampMs()) {
            pass.add(
                    about(
                            entry,
                            AuditFinding.of(
                                    Kind.BATCH_MISMATCH,
                                    Severity.CORRUPT,
                                    key,
                                    "manifest and index tell different things: key="
                                            + key
                                            + ", records="
                                            + section.recordCount()
                                            + ", inManifest="
                                            + entry.recordCount()
                                            + ", maxTimestampMs="
                                            + section.maxTimestampMs()
                                            + ", inManifest="
                                            + entry.maxTimestampMs())));
        }
        if (pass.readsWhole(key)) {
            packs.readWhole(key, index, true, any -> true);
        }
        return Optional.of(section);
    }

    private void epochs(SegmentEntry entry, PackSection section) {
        for (EpochStart start : section.epochs()) {
            if (start.epoch() < lastEpoch) {
                pass.add(
                        about(
                                entry,
                                AuditFinding.of(
                                        Kind.EPOCH_REGRESSION,
                                        Severity.CORRUPT,
                                        entry.key(listing.topicName(), listing.id()),
                                        "leader epoch goes back: epoch="
                                                + start
                                                + ", before="
                                                + lastEpoch)));
                return;
            }
            lastEpoch = start.epoch();
        }
    }

    /// The oldest segment that the manifest serves from.
    Optional<SegmentEntry> first() {
        return first;
    }

    /// Segment objects that were not named; those whose naming could not be read are left out.
    List<ListedSegment> unnamedSegments() {
        List<ListedSegment> unnamed = new ArrayList<>();
        for (int i = claimed.nextClearBit(0);
                i < listing.segments().size();
                i = claimed.nextClearBit(i + 1)) {
            ListedSegment segment = listing.segments().get(i);
            if (unknown.skip(segment.base()) == segment.base()) {
                unnamed.add(segment);
            }
        }
        return unnamed;
    }

    List<ObjectInfo> unnamedPages() {
        return listing.pages().stream().filter(page -> !claimedPages.contains(page.key())).toList();
    }
}
