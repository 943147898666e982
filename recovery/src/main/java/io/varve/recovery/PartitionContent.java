// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.batch.CorruptBatchException;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackSection.SparsePoint;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import java.nio.ByteBuffer;
import java.util.List;

/// All record batches of one partition, from the bucket alone, in the order of their offsets:
/// segment objects as far as the manifest goes, journals behind it. Every chunk's and every batch's
/// checksum is checked; a hole that no manifest explains is an error.
///
/// Owner: the caller's thread. At most [#READ_BYTES] and one batch are in memory.
public final class PartitionContent {
    /// At most this much is read at once, more only for one larger run between two sparse points.
    static final int READ_BYTES = 4 << 20;

    private final ObjectStore store;
    private final PartitionPlan plan;
    private long position;
    private boolean stopped;

    public PartitionContent(ObjectStore store, PartitionPlan plan) {
        this.store = store;
        this.plan = plan;
        this.position = plan.logStart();
    }

    /// Takes batches, in order; the buffer behind a batch is its own.
    @FunctionalInterface
    public interface BatchSink {
        /// @return false to stop
        boolean take(BatchHeader batch);
    }

    /// Gives every batch that holds an offset in `[fromOffset, endOffset)`; the first one may begin
    /// in front.
    ///
    /// @throws CorruptObjectException damage or a hole: the message names object and offset
    /// @throws ObjectStoreException.NotFound an object that the manifest or the plan names is gone
    public void read(long fromOffset, BatchSink sink) throws ObjectStoreException {
        position = Math.max(fromOffset, plan.logStart());
        stopped = false;
        if (plan.manifest().isPresent()) {
            readSegments(plan.manifest().get(), sink);
        } else if (position < plan.archivedEnd()) {
            throw new CorruptObjectException(
                    "manifest of the archived part cannot be read: topic="
                            + plan.topicName()
                            + ", partition="
                            + plan.id().partition()
                            + ", manifest="
                            + plan.state().manifest());
        }
        for (JournalPart part : plan.journalParts()) {
            position = plan.skipLeftOut(position);
            if (!stopped && part.section().endOffset() > position) {
                readSection(part.key(), part.section(), plan.endOffset(), false, sink);
            }
        }
        if (!stopped && plan.skipLeftOut(position) < plan.endOffset()) {
            throw hole("end of what the bucket holds", plan.endOffset());
        }
    }

    private void readSegments(PartitionManifest manifest, BatchSink sink)
            throws ObjectStoreException {
        long end = Math.min(manifest.archivedEnd(), plan.archivedEnd());
        for (PageRef page : manifest.pagesIn(position, end)) {
            if (!stopped && page.endOffset() > position) {
                SegmentRun rows =
                        ManifestStore.readPage(store, manifest.topicName(), manifest.id(), page)
                                .rows();
                readRun(manifest, rows, Math.min(end, rows.endOffset()), sink);
            }
        }
        if (!stopped) {
            readRun(manifest, manifest.inline(), end, sink);
        }
    }

    private void readRun(PartitionManifest manifest, SegmentRun rows, long end, BatchSink sink)
            throws ObjectStoreException {
        for (SegmentEntry entry : rows.entriesIn(position, Math.max(position, end))) {
            if (stopped) {
                return;
            }
            skipGaps(rows, entry.baseOffset());
            String key = entry.key(manifest.topicName(), manifest.id());
            PackIndex index = PackReader.open(store, key, entry.bytes(), entry.indexCrc());
            PackSection section =
                    index.section(manifest.id())
                            .orElseThrow(() ->
                                    new CorruptObjectException(
                                            "segment without its partition: object=" + key));
            long clip = Math.min(entry.endOffset(), end);
            readSection(key, section, clip, entry.compacted(), sink);
            if (!stopped && entry.compacted()) {
                position = Math.max(position, clip);
            }
        }
        if (!stopped) {
            skipGaps(rows, end);
        }
    }

    private void skipGaps(SegmentRun rows, long until) {
        for (Gap gap : rows.gaps()) {
            if (gap.baseOffset() <= position && gap.endOffset() > position) {
                position = Math.min(gap.endOffset(), until);
            }
        }
    }

    private void readSection(
            String key, PackSection section, long clipEnd, boolean holesAllowed, BatchSink sink)
            throws ObjectStoreException {
        if (!section.hasRecords() || position >= clipEnd) {
            return;
        }
        List<SparsePoint> points = section.sparseIndex();
        int at = points.indexOf(section.pointForOffset(position));
        while (at < points.size() && !stopped && position < clipEnd) {
            int next = at + 1;
            long from = points.get(at).position();
            while (next < points.size()
                    && points.get(next).position() - from < READ_BYTES
                    && points.get(next).offset() < clipEnd) {
                next++;
            }
            long to = next < points.size() ? points.get(next).position() : section.length();
            pass(
                    key,
                    PackReader.readRange(store, key, section, from, to),
                    clipEnd,
                    holesAllowed,
                    sink);
            at = next;
        }
    }

    private void pass(
            String key, ByteBuffer bytes, long clipEnd, boolean holesAllowed, BatchSink sink) {
        try {
            for (BatchHeader batch : Batches.in(bytes)) {
                if (batch.endOffset() <= position) {
                    continue;
                }
                if (batch.baseOffset() >= clipEnd) {
                    return;
                }
                batch.verify();
                if (batch.baseOffset() > position && !holesAllowed) {
                    throw hole(key, batch.baseOffset());
                }
                position = batch.endOffset();
                if (!sink.take(batch)) {
                    stopped = true;
                    return;
                }
            }
        } catch (CorruptBatchException e) {
            throw new CorruptObjectException(
                    "damaged batch: object=" + key + ", " + e.getMessage(), e);
        }
    }

    private CorruptObjectException hole(String where, long next) {
        return new CorruptObjectException(
                "records are missing: topic="
                        + plan.topicName()
                        + ", partition="
                        + plan.id().partition()
                        + ", baseOffset="
                        + position
                        + ", endOffset="
                        + next
                        + ", at="
                        + where);
    }
}
