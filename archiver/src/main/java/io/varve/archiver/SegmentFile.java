// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.state.AbortedTxn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// One segment object while it is written to a temporary file. Every batch's checksum and place is
/// checked before it is taken. Owner: the segmenter.
final class SegmentFile implements AutoCloseable {
    private final Path path;
    private final PartitionId partition;
    private final String topicName;
    private final long startOffset;
    private final PackWriter writer;
    private @Nullable SectionBuilder section;
    private long baseOffset;

    /// @param startOffset the first batch must hold this offset
    SegmentFile(Path path, PartitionId partition, String topicName, long startOffset)
            throws IOException {
        this.path = path;
        this.partition = partition;
        this.topicName = topicName;
        this.startOffset = startOffset;
        this.writer = PackWriter.toFile(path);
    }

    /// @param aborted all aborted transactions between two offsets
    void append(ByteBuffer batches, long endLimit, BiFunction<Long, Long, List<AbortedTxn>> aborted)
            throws IOException {
        SectionBuilder open = section;
        if (open == null) {
            BatchHeader first = Batches.in(batches).iterator().next();
            if (first.baseOffset() > startOffset || first.endOffset() <= startOffset) {
                throw new CorruptObjectException(
                        "batch does not hold the offset: partition="
                                + partition
                                + ", offset="
                                + startOffset
                                + ", batchBase="
                                + first.baseOffset()
                                + ", batchEnd="
                                + first.endOffset());
            }
            baseOffset = first.baseOffset();
            open =
                    writer.section(
                            partition, topicName, baseOffset, aborted.apply(baseOffset, endLimit));
            section = open;
        }
        try {
            open.append(batches);
        } catch (IllegalStateException e) {
            throw new CorruptObjectException(
                    "batches do not follow: partition="
                            + partition
                            + ", expected="
                            + open.endOffset()
                            + ", "
                            + e.getMessage(),
                    e);
        }
    }

    boolean isEmpty() {
        return section == null;
    }

    long baseOffset() {
        return baseOffset;
    }

    /// Where to read on.
    long endOffset() {
        SectionBuilder open = section;
        return open == null ? startOffset : open.endOffset();
    }

    long bytes() {
        SectionBuilder open = section;
        return open == null ? 0 : open.bytes();
    }

    PackWriter.Written finish(String clusterId, ShardId shard, String writerName, long nowMs)
            throws IOException {
        return writer.finish(
                new PackFacts(
                        PackKind.SEGMENT, clusterId, shard, 0, 0, 0, 0, 0, writerName, nowMs));
    }

    /// Closes and deletes the file. Idempotent.
    @Override
    public void close() throws IOException {
        try {
            writer.close();
        } finally {
            Files.deleteIfExists(path);
        }
    }
}
