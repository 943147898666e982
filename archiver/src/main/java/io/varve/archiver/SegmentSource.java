// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackSection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Committed batches of a partition above its archived end: from local disk, and where that does
/// not hold them (after a restore, or on a replica that was started from a checkpoint) from
/// journals. Owner: the segmenter.
final class SegmentSource {
    /// At most this much is read at once, more only for one larger batch.
    static final int READ_BYTES = 8 << 20;

    /// Less is not worth a request, however little room is left.
    private static final int READ_BYTES_MIN = 256 << 10;

    private final ArchiveContext context;
    private final ShardSource source;
    private final ShardShadow shadow;
    private @Nullable String openKey;
    private @Nullable PackIndex openIndex;

    SegmentSource(ArchiveContext context, ShardSource source, ShardShadow shadow) {
        this.context = context;
        this.source = source;
        this.shadow = shadow;
    }

    /// Whole batches from the one that holds `offset` on, none that ends behind `endOffset`. At
    /// most a few requests.
    ///
    /// @return empty when neither local disk nor a journal holds the offset, or its batch ends
    ///   behind `endOffset`
    ByteBuffer read(PartitionId partition, long offset, long endOffset, int maxBytes)
            throws IOException {
        int bytes = Math.min(maxBytes, READ_BYTES);
        ByteBuffer hot = source.readHot(partition, offset, endOffset, bytes);
        return hot.hasRemaining() ? hot : readJournal(partition, offset, endOffset, bytes);
    }

    private ByteBuffer readJournal(PartitionId partition, long offset, long endOffset, int maxBytes)
            throws IOException {
        // a journal whose sections are not known comes before all that are: it may hold the offset
        Optional<JournalRef> unknown = shadow.unknownJournal();
        while (unknown.isPresent()) {
            shadow.learn(unknown.get(), open(unknown.get().key()));
            unknown = shadow.unknownJournal();
        }
        Optional<JournalCover> cover = shadow.journalOf(partition, offset);
        if (cover.isEmpty()) {
            return ByteBuffer.allocate(0);
        }
        String key = cover.get().ref().key();
        PackSection section =
                open(key)
                        .section(partition)
                        .orElseThrow(() ->
                                new CorruptObjectException(
                                        "journal lost a section: key="
                                                + key
                                                + ", partition="
                                                + partition));
        if (section.baseOffset() > offset) {
            return ByteBuffer.allocate(0);
        }
        return cut(readSection(key, section, offset, maxBytes), offset, endOffset, maxBytes);
    }

    private PackIndex open(String key) throws IOException {
        PackIndex index = openIndex;
        if (index == null || !key.equals(openKey)) {
            index = PackReader.open(context.store(), key);
            openIndex = index;
            openKey = key;
        }
        return index;
    }

    private ByteBuffer readSection(String key, PackSection section, long offset, int maxBytes)
            throws IOException {
        long from = 0;
        for (PackSection.SparsePoint point : section.sparseIndex()) {
            if (point.offset() > offset) {
                break;
            }
            from = point.position();
        }
        long length = Math.max(maxBytes, READ_BYTES_MIN);
        while (true) {
            long to = Math.min(section.length(), from + length);
            ByteBuffer bytes = PackReader.readRange(context.store(), key, section, from, to);
            ByteBuffer whole = Batches.whole(bytes);
            boolean holdsOffset = Batches.find(whole, offset).isPresent();
            if (holdsOffset || to == section.length()) {
                return whole;
            }
            length *= 2; // a batch larger than one read, or many small ones in front of the offset
        }
    }

    /// Without batches in front of `offset`, and without those that end behind `endOffset` or do
    /// not fit, but for the first.
    private static ByteBuffer cut(ByteBuffer batches, long offset, long endOffset, int maxBytes) {
        int start = batches.limit();
        int end = batches.position();
        for (BatchHeader batch : Batches.in(batches)) {
            if (batch.endOffset() <= offset) {
                continue;
            }
            int batchEnd = batch.position() + batch.sizeInBytes();
            if (batch.endOffset() > endOffset || (end > start && batchEnd - start > maxBytes)) {
                break;
            }
            start = Math.min(start, batch.position());
            end = batchEnd;
        }
        return start < end ? batches.slice(start, end - start) : ByteBuffer.allocate(0);
    }
}
