// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.Damage;
import io.varve.manifest.PartitionId;
import io.varve.manifest.RandomSeed;
import io.varve.manifest.ShardId;
import io.varve.manifest.VersionTooNewException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.batch.CorruptBatchException;
import io.varve.manifest.batch.TestBatches;
import io.varve.manifest.codec.ByteReader;
import io.varve.manifest.pack.PackSection.SparsePoint;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PackTest {
    private static final PartitionId A = new PartitionId(new Uuid(7, 9), 0);
    private static final PartitionId B = new PartitionId(new Uuid(7, 9), 1);
    private static final PartitionId C = new PartitionId(new Uuid(8, 1), 0);
    private static final ShardId A_SHARD = new ShardId(1, 1, 0);

    @TempDir private Path folder;

    private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());

    private static PackWriter.Written small() throws IOException {
        PackWriter writer = PackWriter.inMemory(100);
        SectionBuilder a = writer.section(PartitionLedger.open(A, "orders", "{}", 0, 0));
        SectionBuilder b = writer.section(PartitionLedger.open(B, "orders", "{}", 0, 40));
        writer.section(PartitionLedger.open(C, "payments", "{}", 3, 0))
                .fact(new ControlFact.Opened(0, 3, "{\"partitions\":1}"));
        a.append(TestBatches.plain(0, 1, 1_000, 2, 30), 1_000);
        b.append(
                TestBatches.transactional(
                        40, 1, 9, 0, 0, TestBatches.records(new Random(1), 900, 1, 5)),
                1_001);
        a.append(
                TestBatches.idempotent(
                        2, 2, 8, 1, 0, TestBatches.records(new Random(2), 1_100, 1, 5)),
                1_002);
        b.append(TestBatches.marker(41, 1, 1_200, 9, 0, false, 0), 1_003);
        a.fact(new ControlFact.LogStartMoved(1));
        return writer.finish(SectionFoldTest.journal(10, 20));
    }

    @Test
    void framesAreRegroupedByPartitionAndReadBackByteForByte() throws IOException {
        PackWriter.Written written = small();
        store.put("p", written.body(), PutMode.IF_ABSENT);

        PackIndex index = PackReader.open(store, "p");

        assertThat(index).isEqualTo(written.index());
        PackSection a = index.section(A).orElseThrow();
        assertThat(a.endOffset()).isEqualTo(3);
        assertThat(a.epochs()).containsExactly(new EpochStart(1, 0), new EpochStart(2, 2));
        assertThat(a.batchCount()).isEqualTo(2);
        assertThat(a.recordCount()).isEqualTo(3);
        assertThat(a.producers()).hasSize(1);
        assertThat(a.facts()).containsExactly(new ControlFact.LogStartMoved(1));
        assertThat(PackReader.readSection(store, "p", a))
                .isEqualTo(
                        TestBatches.concat(
                                TestBatches.plain(0, 1, 1_000, 2, 30),
                                TestBatches.idempotent(
                                        2,
                                        2,
                                        8,
                                        1,
                                        0,
                                        TestBatches.records(new Random(2), 1_100, 1, 5))));
        PackSection b = index.section(B).orElseThrow();
        assertThat(b.aborted()).containsExactly(new AbortedTxn(9, 40, 41, 42));
        PackSection c = index.section(C).orElseThrow();
        assertThat(c.hasRecords()).isFalse();
        assertThat(PackReader.readSection(store, "p", c).remaining()).isZero();
    }

    @Test
    void everyDamageIsNoticed() throws IOException {
        store.put("p", small().body(), PutMode.IF_ABSENT);
        byte[] whole = WholeObjects.read(store, "p");

        Damage.everyFlippedByteAndTruncationIsNoticed(
                whole,
                bytes -> {
                    store.put("p", ObjectBody.of(bytes), PutMode.OVERWRITE);
                    for (PackSection section : PackReader.open(store, "p").sections()) {
                        PackReader.readSection(store, "p", section);
                    }
                });
    }

    @Test
    void laterVersionIsNotCalledDamage() throws IOException {
        store.put("p", small().body(), PutMode.IF_ABSENT);
        byte[] whole = WholeObjects.read(store, "p");
        ByteBuffer trailer = ByteBuffer.wrap(whole, whole.length - 32, 32).slice();
        trailer.putShort(16, (short) 2);
        trailer.putInt(20, ByteReader.crc32c(trailer.slice(0, 20)));
        store.put("p", ObjectBody.of(whole), PutMode.OVERWRITE);

        assertThatThrownBy(() -> PackReader.open(store, "p"))
                .isInstanceOf(VersionTooNewException.class)
                .hasMessageContaining("version=2");
    }

    @Test
    void swappedPackIsNoticed() throws IOException {
        PackWriter.Written written = small();
        store.put("p", written.body(), PutMode.IF_ABSENT);
        PackIndex index = written.index();

        assertThat(PackReader.open(store, "p", index.objectBytes(), index.indexCrc()))
                .isEqualTo(index);
        assertThatThrownBy(() ->
                        PackReader.open(store, "p", index.objectBytes(), index.indexCrc() + 1))
                .isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void endPackHasNoSections() throws IOException {
        PackFacts end = new PackFacts(PackKind.END, "cluster", A_SHARD, 30, 30, 4, 4, 0, "test", 0);
        store.put("end", PackWriter.inMemory().finish(end).body(), PutMode.IF_ABSENT);

        assertThat(PackReader.open(store, "end").facts()).isEqualTo(end);
        assertThat(PackReader.open(store, "end").sections()).isEmpty();
    }

    @Test
    void largeSegmentIsFoundByOffsetAndByTime() throws IOException {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        List<ByteBuffer> batches = new ArrayList<>();
        Path file = folder.resolve("segment");
        long offset = 500;
        PackWriter.Written written;
        try (PackWriter writer = PackWriter.toFile(file, 256 << 10)) {
            SectionBuilder section = writer.section(A, "orders", 500, List.of());
            for (int i = 0; i < 700; i++) {
                int valueBytes =
                        random.nextInt(20) == 0 ? random.nextInt(150_000) : random.nextInt(20_000);
                ByteBuffer batch =
                        TestBatches.plain(
                                offset, 1, 10_000 + i * 10L, 1 + random.nextInt(3), valueBytes);
                offset = BatchHeader.at(batch, 0).endOffset();
                batches.add(batch);
                section.append(batch);
            }
            written =
                    writer.finish(
                            new PackFacts(
                                    PackKind.SEGMENT,
                                    "cluster",
                                    A_SHARD,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    "test",
                                    0));
        }
        store.put("s", written.body(), PutMode.IF_ABSENT);
        PackIndex index =
                PackReader.open(
                        store, "s", written.index().objectBytes(), written.index().indexCrc());
        PackSection section = index.sections().getFirst();

        assertThat(index).isEqualTo(written.index());
        assertThat(index.objectBytes()).isGreaterThan(4L * PackReader.TAIL_BYTES);
        assertSparseIndexIsDense(section, batches);
        for (int i = 0; i < 200; i++) {
            ByteBuffer expected = batches.get(random.nextInt(batches.size()));
            BatchHeader header = BatchHeader.at(expected, 0);
            SparsePoint byOffset = section.pointForOffset(header.lastOffset());
            assertThat(batchFrom(section, byOffset.position(), header.lastOffset()))
                    .as("seed %s", seed)
                    .isEqualTo(expected);

            SparsePoint byTime = section.pointForTime(header.maxTimestampMs());
            ByteBuffer range =
                    PackReader.readRange(store, "s", section, byTime.position(), section.length());
            BatchHeader found = Batches.findByTime(range, header.maxTimestampMs()).orElseThrow();
            assertThat(found.baseOffset()).as("seed %s", seed).isEqualTo(header.baseOffset());
        }
    }

    private ByteBuffer batchFrom(PackSection section, long position, long offset)
            throws IOException {
        ByteBuffer range = PackReader.readRange(store, "s", section, position, section.length());
        return Batches.find(range, offset).orElseThrow().bytes();
    }

    private static void assertSparseIndexIsDense(PackSection section, List<ByteBuffer> batches) {
        long position = 0;
        int point = 0;
        for (ByteBuffer batch : batches) {
            List<SparsePoint> points = section.sparseIndex();
            if (point + 1 < points.size() && points.get(point + 1).position() == position) {
                point++;
                assertThat(points.get(point).offset())
                        .isEqualTo(BatchHeader.at(batch, 0).baseOffset());
            }
            assertThat(position - points.get(point).position())
                    .isLessThanOrEqualTo(SectionBuilder.SPARSE_POINT_BYTES_MAX);
            position += batch.remaining();
        }
        assertThat(position).isEqualTo(section.length());
    }

    @Test
    void indexLargerThanTheFirstTailIsFetchedWhole() throws IOException {
        PackWriter writer = PackWriter.inMemory();
        for (int i = 0; i < 1_000; i++) {
            writer.section(
                            PartitionLedger.open(
                                    new PartitionId(new Uuid(1, i), 0), "t" + i, "{}", 0, 0))
                    .fact(new ControlFact.Opened(0, 0, "{\"partitions\":1}"))
                    .append(TestBatches.plain(0, 1, 1, 1, 10), 1);
        }
        PackWriter.Written written = writer.finish(SectionFoldTest.journal(0, 1_000));
        store.put("p", written.body(), PutMode.IF_ABSENT);

        assertThat(PackReader.open(store, "p")).isEqualTo(written.index());
        assertThat(written.index().byPartition()).hasSize(1_000);
    }

    @Test
    void damagedBatchNeverLeaves() throws IOException {
        ByteBuffer bad =
                TestBatches.concat(
                        TestBatches.plain(0, 1, 1, 2, 10), TestBatches.plain(2, 1, 1, 2, 10));
        bad.put(bad.limit() - 1, (byte) (bad.get(bad.limit() - 1) ^ 1));
        PartitionLedger ledger = PartitionLedger.open(A, "orders", "{}", 0, 0);
        SectionBuilder section = PackWriter.inMemory().section(ledger);

        assertThatThrownBy(() -> section.append(bad, 1)).isInstanceOf(CorruptBatchException.class);
        assertThat(ledger.highWatermark()).isZero();
    }

    @Test
    void gapInsideASectionIsRefused() throws IOException {
        SectionBuilder section = PackWriter.inMemory().section(A, "orders", 0, List.of());
        section.append(TestBatches.plain(0, 1, 1, 2, 10));

        assertThatThrownBy(() -> section.append(TestBatches.plain(3, 1, 1, 2, 10)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void segmentNamesTransactionsThatReachBeyondIt() throws IOException {
        PackWriter writer = PackWriter.inMemory();
        AbortedTxn before = new AbortedTxn(1, 0, 9, 10);
        AbortedTxn across = new AbortedTxn(2, 5, 11, 12);
        AbortedTxn behind = new AbortedTxn(3, 11, 30, 31);
        AbortedTxn outside = new AbortedTxn(4, 12, 31, 32);
        writer.section(A, "orders", 10, List.of(before, across, behind, outside))
                .append(TestBatches.plain(10, 1, 1, 2, 10));
        PackSection section =
                writer.finish(SectionFoldTest.journal(0, 0)).index().sections().getFirst();

        assertThat(section.aborted()).containsExactly(across, behind);
    }

    @Test
    void misuseIsRefused() throws IOException {
        Path file = folder.resolve("p");
        try (PackWriter writer = PackWriter.toFile(file)) {
            SectionBuilder first = writer.section(A, "orders", 0, List.of());
            writer.section(B, "orders", 0, List.of());
            assertThatThrownBy(() -> first.append(TestBatches.plain(0, 1, 1, 1, 1)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("sealed");
            assertThatThrownBy(() -> writer.section(A, "orders", 0, List.of()))
                    .hasMessageContaining("second section");
            writer.finish(SectionFoldTest.journal(0, 0));
            assertThatThrownBy(() -> writer.finish(SectionFoldTest.journal(0, 0)))
                    .hasMessageContaining("finished");
        }
        assertThatThrownBy(() -> PackWriter.toFile(file))
                .isInstanceOf(FileAlreadyExistsException.class);
    }
}
