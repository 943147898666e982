// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.topic.TopicDocument;
import io.varve.objectstore.ObjectInfo;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.audit.PartitionListing.Version;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;

/// Whether records are kept that a topic's own retention should have deleted long ago. A cluster's
/// defaults are not in the bucket: topics without settings of their own are not judged.
///
/// @param known what the partition's shard says of it
record RetentionCheck(
        AuditPass pass, Lives lives, ShardState.Known known, PartitionListing listing) {

    void look(PartitionManifest manifest, Optional<SegmentEntry> first) {
        Optional<SortedMap<String, String>> configs = configs();
        if (configs.isEmpty()
                || first.isEmpty()
                || manifest.generation() != lives.current()
                || !configs.get().getOrDefault("cleanup.policy", "delete").contains("delete")) {
            return;
        }
        OptionalLong timeMs = number(configs.get(), "retention.ms");
        OptionalLong bytes = number(configs.get(), "retention.bytes");
        SegmentEntry oldest = first.get();
        long newestRecordMs = Math.max(oldest.maxTimestampMs(), putAtMs(oldest));
        if (timeMs.isPresent()
                && oldest.maxTimestampMs() >= 0
                && pass.isOverdue(newestRecordMs + timeMs.getAsLong(), lives)) {
            overdue(
                    oldest,
                    "retention.ms="
                            + timeMs.getAsLong()
                            + ", newestRecord="
                            + Instant.ofEpochMilli(oldest.maxTimestampMs()));
        } else if (bytes.isPresent()
                && manifest.bytes() - oldest.bytes() >= bytes.getAsLong()
                && pass.isOverdue(putAtMs(manifest), lives)) {
            overdue(
                    oldest,
                    "retention.bytes=" + bytes.getAsLong() + ", archivedBytes=" + manifest.bytes());
        }
    }

    private Optional<SortedMap<String, String>> configs() {
        try {
            return Optional.of(TopicDocument.fromLine(known.topicRecord()).configs());
        } catch (CorruptObjectException e) {
            return Optional.empty(); // the metadata's own record is empty
        }
    }

    /// A limit that is set: -1 is none.
    private static OptionalLong number(SortedMap<String, String> configs, String name) {
        try {
            long value = Long.parseLong(configs.getOrDefault(name, "-1"));
            return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private long putAtMs(SegmentEntry entry) {
        OptionalInt at = listing.find(entry);
        return at.isPresent() ? listing.segments().get(at.getAsInt()).atMs() : pass.nowMs();
    }

    private long putAtMs(PartitionManifest manifest) {
        ObjectInfo object =
                listing.versions().get(new Version(manifest.generation(), manifest.version()));
        return object == null ? pass.nowMs() : object.lastModified().toEpochMilli();
    }

    private void overdue(SegmentEntry oldest, String limit) {
        String key =
                BucketKeys.segment(
                        known.topicName(),
                        known.id(),
                        oldest.baseOffset(),
                        oldest.objectEndOffset(),
                        oldest.generation(),
                        oldest.madeForVersion(),
                        oldest.random());
        pass.add(
                AuditFinding.of(
                                Kind.RETENTION_OVERDUE,
                                Severity.WARNING,
                                key,
                                "records are older than the topic keeps them: key="
                                        + key
                                        + ", "
                                        + limit)
                        .about(known.topicName(), known.id())
                        .offsets(oldest.baseOffset(), oldest.endOffset())
                        .bytes(oldest.bytes()));
    }
}
