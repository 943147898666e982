// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestChange;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.ManifestRank;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.state.AbortedTxn;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.PutMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// A partition's log as a list of batches, and what a broker would have put into the bucket of it:
/// segments with manifests, and journals. Owner: the test's thread.
public final class TieredLog {
    public static final int CHUNK_BYTES = 64 << 10;
    public static final ShardId SHARD = new ShardId(1, 1, 0);
    private static final ManifestRank RANK = new ManifestRank(1, 0, 1);
    private static final CompressionType[] CODECS = {
        CompressionType.NONE, CompressionType.NONE, CompressionType.LZ4, CompressionType.ZSTD
    };

    /// A batch and where it lies in the log.
    public record Batch(ByteBuffer bytes, long baseOffset, long endOffset) {
        public int length() {
            return bytes.remaining();
        }
    }

    private final ObjectStore store;
    private final Random random;
    private final int chunkBytes;
    private final List<JournalRef> journals = new ArrayList<>();
    public final ViewedPartition view;
    public final List<Batch> batches = new ArrayList<>();
    private PartitionManifest manifest;
    private long timeMs = 1_700_000_000_000L;
    private long journalIndex = 1;

    public TieredLog(ObjectStore store, Random random) {
        this(store, random, CHUNK_BYTES, 0);
    }

    public TieredLog(ObjectStore store, Random random, int chunkBytes, long startOffset) {
        this.store = store;
        this.random = random;
        this.chunkBytes = chunkBytes;
        PartitionId id = new PartitionId(new Uuid(7, random.nextLong()), 0);
        this.view = new ViewedPartition(id, SHARD, startOffset);
        this.manifest = PartitionManifest.first(view.topicName(), id, RANK, startOffset);
    }

    /// Appends batches of random sizes until there are so many bytes more.
    public void append(int bytes, int recordBytesMax) {
        int left = bytes;
        while (left > 0) {
            left -= appendBatch(1 + random.nextInt(5), recordBytesMax).length();
        }
    }

    public Batch appendBatch(int records, int recordBytesMax) {
        SimpleRecord[] all = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            byte[] value = new byte[1 + random.nextInt(recordBytesMax)];
            random.nextBytes(value);
            all[i] = new SimpleRecord(timeMs + random.nextInt(2_000) - 1_000, null, value);
            timeMs += random.nextInt(50);
        }
        Compression codec = Compression.of(CODECS[random.nextInt(CODECS.length)]).build();
        return add(MemoryRecords.withRecords(end(), codec, view.epoch, all).buffer());
    }

    public Batch add(ByteBuffer bytes) {
        BatchHeader header = BatchHeader.at(bytes, bytes.position());
        view.appended(header);
        Batch batch = new Batch(bytes.slice(), header.baseOffset(), header.endOffset());
        batches.add(batch);
        return batch;
    }

    /// The newest manifest.
    PartitionManifest manifest() {
        return manifest;
    }

    public long end() {
        return view.highWatermark;
    }

    /// The batch that holds an offset, or the next one.
    public int indexAt(long offset) {
        int low = 0;
        int high = batches.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (batches.get(middle).endOffset() > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private PackFacts facts(PackKind kind, long first, long end) {
        return new PackFacts(kind, "cluster", SHARD, first, end, 1, 1, 0, "test", 0);
    }

    /// Archives batches up to `end`.
    public String archive(long end, AbortedTxn... aborted) throws IOException {
        PackWriter writer = PackWriter.inMemory(chunkBytes);
        SectionBuilder section =
                writer.section(view.id(), view.topicName(), view.archivedEnd, List.of(aborted));
        for (int i = indexAt(view.archivedEnd); i < batches.size(); i++) {
            if (batches.get(i).baseOffset() >= end) {
                break;
            }
            section.append(batches.get(i).bytes().duplicate());
        }
        PackWriter.Written pack = writer.finish(facts(PackKind.SEGMENT, 0, 0));
        PackSection written = pack.index().sections().getFirst();
        SegmentEntry entry =
                new SegmentEntry(
                        written.baseOffset(),
                        written.endOffset(),
                        written.endOffset(),
                        1,
                        manifest.version() + 1,
                        random.nextLong(),
                        pack.index().objectBytes(),
                        written.maxTimestampMs(),
                        written.recordCount(),
                        pack.index().indexCrc(),
                        false);
        String key = entry.key(view.topicName(), view.id());
        store.put(key, pack.body(), PutMode.IF_ABSENT);
        commit(new ManifestDelta.AddSegment(entry, written.epochs()));
        view.archivedEnd = written.endOffset();
        return key;
    }

    /// Offsets that nothing holds, behind what is archived.
    public void archiveGap(long end) throws IOException {
        commit(new ManifestDelta.AddGap(new Gap(view.archivedEnd, end, Gap.Reason.COMPACTED)));
        view.archivedEnd = end;
        view.highWatermark = Math.max(end, view.highWatermark);
    }

    /// Replaces the object at an offset by another one with the same content.
    ///
    /// @param told whether the shard knows the new version already
    public String replace(long offset, boolean told) throws IOException {
        SegmentEntry old = manifest.entryAt(offset).orElseThrow();
        SegmentEntry entry =
                new SegmentEntry(
                        old.baseOffset(),
                        old.endOffset(),
                        old.objectEndOffset(),
                        1,
                        manifest.version() + 1,
                        random.nextLong(),
                        old.bytes(),
                        old.maxTimestampMs(),
                        old.recordCount(),
                        old.indexCrc(),
                        false);
        PackWriter writer = PackWriter.inMemory(chunkBytes);
        SectionBuilder section =
                writer.section(view.id(), view.topicName(), old.baseOffset(), List.of());
        for (Batch batch : batches) {
            if (batch.baseOffset() >= old.baseOffset() && batch.endOffset() <= old.endOffset()) {
                section.append(batch.bytes().duplicate());
            }
        }
        PackWriter.Written pack = writer.finish(facts(PackKind.SEGMENT, 0, 0));
        store.put(entry.key(view.topicName(), view.id()), pack.body(), PutMode.IF_ABSENT);
        var known = view.manifest;
        commit(
                new ManifestDelta.ReplaceSegments(
                        List.of(old), List.of(entry), List.of(), "merged", 0));
        if (!told) {
            view.manifest = known;
        }
        String oldKey = old.key(view.topicName(), view.id());
        store.delete(List.of(oldKey));
        return oldKey;
    }

    public void moveLogStart(long offset) throws IOException {
        commit(new ManifestDelta.MoveLogStart(offset, "test", 0));
        view.logStart = offset;
    }

    private void commit(ManifestDelta delta) throws IOException {
        ManifestChange change =
                ManifestChange.next(store, manifest, RANK, List.of(delta), random, 0);
        ManifestStore.commit(store, change);
        manifest = change.manifest();
        view.manifest = manifest.ref();
    }

    /// Puts batches `[base, end)` into a journal.
    public JournalRef journal(long base, long end, JournalIndex told) throws IOException {
        PackWriter writer = PackWriter.inMemory(chunkBytes);
        SectionBuilder section = writer.section(view.id(), view.topicName(), base, List.of());
        for (int i = indexAt(base); i < batches.size(); i++) {
            if (batches.get(i).baseOffset() >= end) {
                break;
            }
            section.append(batches.get(i).bytes().duplicate());
        }
        long first = journalIndex;
        journalIndex += 10;
        PackWriter.Written pack = writer.finish(facts(PackKind.JOURNAL, first, journalIndex));
        String key = BucketKeys.journal(SHARD, first);
        store.put(key, pack.body(), PutMode.IF_ABSENT);
        PackIndex index = pack.index();
        JournalRef journal = new JournalRef(key, first, journalIndex, index.objectBytes());
        journals.add(journal);
        told.journalStored(journal, index);
        return journal;
    }

    /// A checkpoint that names all journals.
    public ShardCheckpoint checkpoint() {
        return new ShardCheckpoint(
                "cluster",
                SHARD,
                journalIndex,
                1,
                0,
                List.of(view.state()),
                List.of(),
                journals,
                List.of(),
                List.of());
    }

    /// The bytes of whole batches `[from, to)`, by index.
    public ByteBuffer bytes(int from, int to) {
        int length = batches.subList(from, to).stream().mapToInt(Batch::length).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        batches.subList(from, to).forEach(batch -> all.put(batch.bytes().duplicate()));
        return all.flip();
    }
}
