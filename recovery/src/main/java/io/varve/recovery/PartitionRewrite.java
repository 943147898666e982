// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestChange;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.ManifestRank;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.ManifestStore.CommitResult;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One partition, rewritten under another id. Owner: the caller's thread.
final class PartitionRewrite {
    /// The first version says where the partition starts, the second names the segments.
    private static final int VERSION = 2;

    /// Where it goes.
    record Target(
            ObjectStore store,
            String clusterId,
            int generation,
            String topicName,
            PartitionId id) {}

    private final ObjectStore source;
    private final PartitionPlan plan;
    private final Target target;
    private final TopicRestore.Settings settings;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final RestoredOpening opening;
    private final List<AbortedTxn> aborted;
    private final List<ManifestDelta> deltas = new ArrayList<>();
    private @Nullable Open open;
    private long position;
    private long records;
    private long bytes;
    private int segments;

    /// A segment that is being written.
    private record Open(Path path, PackWriter writer, SectionBuilder section, long baseOffset) {}

    /// @param plan with the base epoch of the restored partition
    PartitionRewrite(
            ObjectStore source,
            PartitionPlan plan,
            Target target,
            TopicRestore.Settings settings,
            InstantSource clock,
            RandomGenerator random)
            throws ObjectStoreException {
        this.source = source;
        this.plan = plan;
        this.target = target;
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.opening = RestoredOpening.of(plan, 0);
        this.aborted = AbortedTransactions.of(source, plan, opening);
        this.position = plan.logStart();
    }

    RestoredTopic.Partition run() throws IOException {
        try {
            new PartitionContent(source, plan).read(plan.logStart(), this::taken);
            for (ByteBuffer marker : opening.markers()) {
                take(BatchHeader.at(marker, marker.position()));
            }
            finishSegment();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            abandon();
        }
        long end = opening.opened().highWatermark();
        if (position < end) {
            leaveOut(end);
        }
        PartitionManifest manifest = deltas.isEmpty() ? null : commit();
        return new RestoredTopic.Partition(
                target.id(),
                plan.firstEpoch(),
                plan.logStart(),
                end,
                manifest == null ? ManifestRef.NONE : manifest.ref(),
                manifest == null ? List.of() : manifest.epochStarts(),
                records,
                bytes,
                segments,
                opening.markers().size());
    }

    private boolean taken(BatchHeader batch) {
        try {
            take(batch);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void take(BatchHeader batch) throws IOException {
        if (batch.baseOffset() > position) {
            finishSegment();
            leaveOut(batch.baseOffset());
        }
        Open current = open;
        if (current != null
                && current.section().bytes() + batch.sizeInBytes() > settings.segmentBytes()) {
            finishSegment();
            current = null;
        }
        if (current == null) {
            current = begin(batch.baseOffset());
        }
        current.section().append(batch.bytes());
        position = batch.endOffset();
    }

    private Open begin(long baseOffset) throws IOException {
        Path path = settings.temporary().resolve("segment-" + target.id().partition());
        Files.deleteIfExists(path);
        PackWriter writer = PackWriter.toFile(path);
        Open begun =
                new Open(
                        path,
                        writer,
                        writer.section(target.id(), target.topicName(), baseOffset, aborted),
                        baseOffset);
        open = begun;
        return begun;
    }

    /// Offsets that nothing holds, as in the source.
    private void leaveOut(long endOffset) {
        boolean leftUnused =
                plan.leftOut().stream()
                        .anyMatch(
                                gap -> gap.baseOffset() <= position && gap.endOffset() > position);
        deltas.add(
                new ManifestDelta.AddGap(
                        new Gap(
                                position,
                                endOffset,
                                leftUnused ? Gap.Reason.LOST : Gap.Reason.COMPACTED)));
        position = endOffset;
    }

    private void finishSegment() throws IOException {
        Open done = open;
        if (done == null) {
            return;
        }
        PackWriter.Written written =
                done.writer()
                        .finish(
                                new PackFacts(
                                        PackKind.SEGMENT,
                                        target.clusterId(),
                                        new ShardId(target.generation(), ShardId.METADATA_SHARD, 0),
                                        0,
                                        0,
                                        0,
                                        0,
                                        0,
                                        settings.writer(),
                                        clock.millis()));
        PackSection section = written.index().sections().getFirst();
        SegmentEntry entry =
                new SegmentEntry(
                        done.baseOffset(),
                        section.endOffset(),
                        section.endOffset(),
                        target.generation(),
                        VERSION,
                        random.nextLong(),
                        written.index().objectBytes(),
                        section.maxTimestampMs(),
                        section.recordCount(),
                        written.index().indexCrc(),
                        false);
        put(entry, written);
        deltas.add(new ManifestDelta.AddSegment(entry, section.epochs()));
        records += section.recordCount();
        bytes += section.length();
        segments++;
        abandon();
    }

    /// Puts it and looks: only what is there, with its size and its index, may be named.
    private void put(SegmentEntry entry, PackWriter.Written written) throws ObjectStoreException {
        String key = entry.key(target.topicName(), target.id());
        try {
            target.store().put(key, written.body(), PutMode.IF_ABSENT);
        } catch (ObjectStoreException.AlreadyExists | ObjectStoreException.Transient e) {
            // the name is ours alone: looking tells what became of it
            if (target.store().head(key).isEmpty()) {
                throw e;
            }
        }
        PackIndex seen = PackReader.open(target.store(), key, entry.bytes(), entry.indexCrc());
        if (!seen.sections().equals(written.index().sections())) {
            throw new CorruptObjectException("another object has this name: object=" + key);
        }
    }

    private PartitionManifest commit() throws ObjectStoreException {
        ManifestRank rank = new ManifestRank(target.generation(), 0, 0);
        PartitionManifest first =
                PartitionManifest.first(target.topicName(), target.id(), rank, plan.logStart());
        committed(ManifestChange.of(first));
        return committed(
                ManifestChange.next(target.store(), first, rank, deltas, random, clock.millis()));
    }

    private PartitionManifest committed(ManifestChange change) throws ObjectStoreException {
        return switch (ManifestStore.commit(target.store(), change)) {
            case CommitResult.Committed ours -> ours.manifest();
            case CommitResult.Superseded theirs ->
                    throw new CorruptObjectException(
                            "somebody else writes under this topic id: partition=" + target.id());
        };
    }

    /// Closes and deletes the temporary file. Idempotent.
    private void abandon() throws IOException {
        Open left = open;
        open = null;
        if (left != null) {
            try {
                left.writer().close();
            } finally {
                Files.deleteIfExists(left.path());
            }
        }
    }
}
