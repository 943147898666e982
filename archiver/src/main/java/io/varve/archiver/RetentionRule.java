// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.archiver.ArchivePolicies.Policy;
import io.varve.manifest.partition.PageRef;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.objectstore.ObjectStoreException;

/// Where a partition starts when its policy has been carried out: whole segments go, oldest first.
/// Pages that go as a whole are not read, at most one is.
///
/// @param timeStands no record is old now: clocks differ
record RetentionRule(Policy policy, long nowMs, boolean timeStands) {
    /// Gives the rows of a page.
    @FunctionalInterface
    interface Rows {
        SegmentRun of(PageRef page) throws ObjectStoreException;
    }

    long logStart(PartitionManifest manifest, long unarchivedBytes, Rows rows)
            throws ObjectStoreException {
        long logStart = manifest.logStart();
        long bytes = manifest.bytes() + unarchivedBytes;
        for (PageRef page : manifest.pages()) {
            if (page.segments() == 0) {
                continue; // gaps go with what is behind them
            }
            if (!goes(page.maxTimestampMs(), page.segmentBytes(), bytes)) {
                return inRun(rows.of(page), logStart, bytes);
            }
            bytes -= page.segmentBytes();
            logStart = page.endOffset();
        }
        return inRun(manifest.inline(), logStart, bytes);
    }

    private long inRun(SegmentRun run, long from, long bytesLeft) {
        long logStart = from;
        long bytes = bytesLeft;
        for (SegmentEntry entry : run.entries()) {
            if (!goes(entry.maxTimestampMs(), entry.bytes(), bytes)) {
                break;
            }
            bytes -= entry.bytes();
            logStart = entry.endOffset();
        }
        return logStart;
    }

    /// Kafka's rules for its segments: all records are too old, or all that is left without it
    /// would still be enough.
    private boolean goes(long maxTimestampMs, long ownBytes, long allBytes) {
        boolean old =
                !timeStands
                        && policy.retentionMs().isPresent()
                        && maxTimestampMs >= 0
                        && nowMs - maxTimestampMs > policy.retentionMs().getAsLong();
        boolean tooMuch =
                policy.retentionBytes().isPresent()
                        && allBytes - ownBytes >= policy.retentionBytes().getAsLong();
        return old || tooMuch;
    }
}
