// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStoreException;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.ParallelReads;
import java.util.List;
import java.util.Optional;

/// Whether segment objects and journals of a partition together hold every offset. Owner: the
/// thread that audits the partition.
final class Coverage {
    private final AuditPass pass;
    private final Bucket bucket;
    private final ShardState.Known known;
    private final ShardState shard;

    Coverage(AuditPass pass, Bucket bucket, ShardState.Known known) {
        this.pass = pass;
        this.bucket = bucket;
        this.known = known;
        this.shard =
                bucket.shards()
                        .owner(known.id())
                        .orElseThrow(() ->
                                new IllegalStateException("no shard: partition=" + known.id()));
    }

    void look(Optional<PartitionManifest> manifest) throws ObjectStoreException {
        long position = known.logStart();
        if (manifest.isPresent()) {
            PartitionManifest newest = manifest.get();
            position = Math.max(position, Math.max(newest.logStart(), newest.archivedEnd()));
            long journaledEnd = Math.max(known.highWatermark(), newest.logStart());
            if (newest.archivedEnd() > journaledEnd && shard.suspect() == null) {
                ahead(newest.archivedEnd());
            }
        }
        List<Gap> leftOut = bucket.lives().leftOut(known.id());
        long end = known.highWatermark();
        while (position < end) {
            long next = skip(leftOut, known.journaled().skip(position));
            if (next == position) {
                next = known.journaled().nextBase(position, end);
                for (Gap gap : leftOut) {
                    if (gap.baseOffset() > position) {
                        next = Math.min(next, gap.baseOffset());
                    }
                }
                uncovered(position, next);
            }
            position = next;
        }
    }

    private static long skip(List<Gap> leftOut, long offset) {
        long next = offset;
        for (Gap gap : leftOut) {
            if (gap.baseOffset() <= next && next < gap.endOffset()) {
                next = gap.endOffset();
            }
        }
        return next;
    }

    /// A segment never passes what is journaled.
    private void ahead(long archivedEnd) {
        pass.add(
                AuditFinding.of(
                                Kind.JOURNAL_HOLE,
                                Severity.LOST,
                                BucketKeys.journal(shard.shard(), shard.endIndex()),
                                "segment objects go further than the journals: the newest journal"
                                        + " is missing")
                        .about(known.topicName(), known.id())
                        .offsets(known.highWatermark(), archivedEnd));
    }

    private void uncovered(long base, long end) throws ObjectStoreException {
        String suspect = shard.suspect();
        Optional<String> doomed = suspect == null ? doomedJournal(base, end) : Optional.empty();
        AuditFinding finding =
                doomed.isPresent()
                        ? AuditFinding.of(
                                Kind.NAMED_BUT_DOOMED,
                                Severity.CORRUPT,
                                doomed.get(),
                                "journal is doomed and nothing else holds these records")
                        : AuditFinding.of(
                                        Kind.GAP,
                                        Severity.LOST,
                                        suspect == null
                                                ? BucketKeys.partitionPrefix(
                                                        known.topicName(), known.id())
                                                : suspect,
                                        "neither segment objects nor journals hold these records")
                                .remedy(
                                        "look for the objects in the store's own versions or a"
                                                + " backup, else accept the loss");
        pass.add(finding.about(known.topicName(), known.id()).offsets(base, end));
    }

    /// The doomed journal that holds what is missing.
    private Optional<String> doomedJournal(long base, long end) throws ObjectStoreException {
        List<Boolean> holds =
                ParallelReads.map(shard.doomedJournals(), journal -> holds(journal, base, end));
        for (int i = 0; i < holds.size(); i++) {
            if (holds.get(i)) {
                return Optional.of(shard.doomedJournals().get(i).key());
            }
        }
        return Optional.empty();
    }

    private boolean holds(ObjectInfo journal, long base, long end) throws ObjectStoreException {
        try {
            Optional<PackSection> section =
                    PackReader.open(pass.store(), journal.key()).section(known.id());
            return section.isPresent()
                    && section.get().endOffset() > base
                    && section.get().baseOffset() < end;
        } catch (ObjectStoreException.NotFound | CorruptObjectException e) {
            return false; // then it holds nothing any more
        }
    }
}
