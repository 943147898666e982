// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.PartitionId;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.audit.PartitionListing.ListedSegment;
import io.varve.recovery.audit.PartitionListing.Version;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Looks at one partition: its manifest, what that names, what is there besides, and whether
/// segments and journals together leave no offset out. One instance per partition and look. Owner:
/// the thread that audits it.
final class PartitionAudit {
    private final AuditPass pass;
    private final Bucket bucket;
    private final PartitionListing listing;
    private final String topicName;
    private final PartitionId id;

    PartitionAudit(AuditPass pass, Bucket bucket, PartitionListing listing) {
        this.pass = pass;
        this.bucket = bucket;
        this.listing = listing;
        this.topicName = listing.topicName();
        this.id = listing.id();
    }

    void look() throws ObjectStoreException {
        Optional<ShardState.Known> known = bucket.shards().known(id);
        if (known.isEmpty() && (isGoing() || isNobodys())) {
            return;
        }
        ManifestAudit manifests =
                new ManifestAudit(
                        pass, bucket.lives(), listing, known.map(ShardState.Known::manifest));
        Optional<PartitionManifest> manifest = manifests.read();
        SegmentJoin join = new SegmentJoin(pass, bucket.lives(), listing);
        if (manifest.isPresent()) {
            join.serve(manifest.get());
        }
        for (Kept.NamedBy named : bucket.kept().of(id)) {
            keep(join, named);
        }
        manifest.ifPresent(this::overdue);
        if (known.isEmpty()) {
            return;
        }
        if (!manifests.namesUnknown()) {
            orphans(join, manifest);
            if (pass.opensPacks()) {
                new Coverage(pass, bucket, known.get()).look(manifest);
            }
        }
        if (manifest.isPresent()) {
            new RetentionCheck(pass, bucket.lives(), known.get(), listing)
                    .look(manifest.get(), join.first());
        }
    }

    /// A deleted topic: until its time has come it is as whole as before, then it goes piece by
    /// piece.
    private boolean isGoing() {
        Long intentAtMs = bucket.trash().get(id.topicId());
        if (intentAtMs == null) {
            return false;
        }
        long dueMs = intentAtMs + pass.options().undelete().toMillis();
        boolean keptBySomebody =
                bucket.kept().allUnknown()
                        || !bucket.kept().of(id).isEmpty()
                        || bucket.kept().markers().keySet().stream()
                                .anyMatch(key ->
                                        key.startsWith(BucketKeys.partitionPrefix(topicName, id)));
        if (!keptBySomebody && listing.objects() > 0 && pass.isOverdue(dueMs, bucket.lives())) {
            pass.add(
                    AuditFinding.of(
                                    Kind.DOOMED_OVERDUE,
                                    Severity.WARNING,
                                    BucketKeys.trash(id.topicId()),
                                    "objects of a deleted topic are still there: objects="
                                            + listing.objects()
                                            + ", prefix="
                                            + BucketKeys.partitionPrefix(topicName, id)
                                            + ", since="
                                            + Instant.ofEpochMilli(dueMs))
                            .about(topicName, id));
        }
        return pass.nowMs() > dueMs;
    }

    /// Neither open nor closed in any shard: nobody serves it and nobody will delete it.
    private boolean isNobodys() {
        if (!pass.opensPacks()
                || bucket.shards().isClosed(id)
                || bucket.trash().containsKey(id.topicId())) {
            return false;
        }
        if (!bucket.shards().isComplete()) {
            return true; // said by what is missing of the shards
        }
        if (!listing.versions().isEmpty()) {
            pass.add(
                    AuditFinding.of(
                                    Kind.MISSING_CHECKPOINT,
                                    Severity.LOST,
                                    listing.manifestKey(listing.versions().lastKey()),
                                    "partition has a manifest and no shard knows it")
                            .about(topicName, id));
            return true;
        }
        listing.segments().forEach(segment -> orphan(segment, "no shard knows the partition"));
        listing.pages().forEach(page -> orphan(page, "no shard knows the partition"));
        return true;
    }

    private void keep(SegmentJoin join, Kept.NamedBy named) throws ObjectStoreException {
        ManifestRef ref = named.manifest().manifest();
        Reading<PartitionManifest> reading =
                Reading.of(
                        Kind.RESTORE_POINT_BROKEN,
                        () -> ManifestStore.read(pass.store(), topicName, id, ref));
        switch (reading) {
            case Reading.Whole<PartitionManifest>(PartitionManifest manifest) ->
                    join.keep(manifest, named.marker());
            case Reading.Bad<PartitionManifest> bad -> {
                if (bad.kind() != Kind.MISSING_OBJECT) { // else said with the marker
                    pass.add(bad.finding(named.manifest().key(), true).about(topicName, id));
                }
            }
        }
    }

    private void orphans(SegmentJoin join, Optional<PartitionManifest> manifest) {
        Set<String> doomed = new HashSet<>();
        manifest.ifPresent(
                newest -> newest.doomed().stream().map(DoomedObject::key).forEach(doomed::add));
        for (ListedSegment segment : join.unnamedSegments()) {
            if (!doomed.contains(segment.key(topicName, id))) {
                orphan(segment, "no manifest names it");
            }
        }
        for (ObjectInfo page : join.unnamedPages()) {
            if (!doomed.contains(page.key())) {
                orphan(page, "no manifest names it");
            }
        }
    }

    private void orphan(ListedSegment segment, String why) {
        String key = segment.key(topicName, id);
        if (pass.isOld(segment.atMs()) && !bucket.kept().keeps(key)) {
            pass.add(
                    AuditFinding.of(Kind.ORPHAN, Severity.WARNING, key, why)
                            .about(topicName, id)
                            .offsets(segment.base(), segment.end())
                            .bytes(segment.bytes()));
        }
    }

    private void orphan(ObjectInfo object, String why) {
        if (pass.isOld(object.lastModified().toEpochMilli())
                && !bucket.kept().keeps(object.key())) {
            pass.add(
                    AuditFinding.of(Kind.ORPHAN, Severity.WARNING, object.key(), why)
                            .about(topicName, id)
                            .bytes(object.bytes()));
        }
    }

    /// Doomed objects whose time is long past, while a collector could have deleted them.
    private void overdue(PartitionManifest manifest) {
        if (manifest.generation() != bucket.lives().current()) {
            return; // they wait for this generation's first version
        }
        if (bucket.shards().isClosed(id) || bucket.trash().containsKey(id.topicId())) {
            return; // they go with everything else of the deleted topic
        }
        Map<String, Long> due = new HashMap<>();
        manifest.doomed().forEach(object -> due.put(object.key(), object.deleteAfterMs()));
        manifest.doomedPages()
                .forEach(gone -> due.put(gone.page().key(topicName, id), gone.deleteAfterMs()));
        due.forEach((key, dueMs) -> {
            if (pass.isOverdue(dueMs, bucket.lives())
                    && !bucket.kept().keeps(key)
                    && bucket.kept().of(id).isEmpty()
                    && isThere(key)) {
                pass.add(
                        AuditFinding.of(
                                        Kind.DOOMED_OVERDUE,
                                        Severity.WARNING,
                                        key,
                                        "doomed object is still there: key="
                                                + key
                                                + ", since="
                                                + Instant.ofEpochMilli(dueMs))
                                .about(topicName, id));
            }
        });
    }

    private boolean isThere(String key) {
        return switch (BucketKeys.parse(key)) {
            case ObjectName.Manifest name ->
                    listing.versions().containsKey(new Version(name.generation(), name.version()));
            case ObjectName.Page name ->
                    listing.pages().stream().anyMatch(page -> page.key().equals(key));
            case ObjectName.Segment name ->
                    listing.segments().stream()
                            .anyMatch(segment ->
                                    segment.random() == name.random()
                                            && segment.key(topicName, id).equals(key));
            default -> false;
        };
    }
}
