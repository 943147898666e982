// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackSection;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import io.varve.recovery.Finding.Kind;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The index of a pack tells what its batches are; every lie of it is noticed.
class SectionWalkTest {
    /// No batch fits into one chunk, and batches end anywhere in them.
    private static final int CHUNK_BYTES = 50;

    private static final PartitionId ID = new PartitionId(new Uuid(1, 2), 0);
    private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
    private PackSection section;

    @BeforeEach
    void putAPackOfThreeBatches() throws Exception {
        PackWriter writer = PackWriter.inMemory(CHUNK_BYTES);
        SectionBuilder builder = writer.section(ID, "orders", 10, List.of());
        long offset = 10;
        for (int i = 0; i < 3; i++) {
            ByteBuffer batch =
                    MemoryRecords.withRecords(
                                    Compression.NONE,
                                    new SimpleRecord(1_000 + i, null, new byte[20 * i]),
                                    new SimpleRecord(900, null, new byte[7]))
                            .buffer();
            BatchHeader header = BatchHeader.at(batch, batch.position());
            header.setBaseOffset(offset);
            header.setPartitionLeaderEpoch(3 + i / 2);
            builder.append(batch);
            offset += 2;
        }
        PackWriter.Written written =
                writer.finish(
                        new PackFacts(
                                PackKind.SEGMENT,
                                "c",
                                new ShardId(1, 1, 0),
                                0,
                                0,
                                0,
                                0,
                                0,
                                "t",
                                0));
        store.put("pack", written.body(), PutMode.IF_ABSENT);
        section = written.index().sections().getFirst();
        assertThat(section.chunkCount()).isGreaterThan(5);
    }

    /// In parts, and out of the whole object.
    private List<SectionWalk> walks(PackSection told) throws Exception {
        return List.of(
                SectionWalk.from(store, "pack", told),
                SectionWalk.in(ByteBuffer.wrap(WholeObjects.read(store, "pack")), "pack", told));
    }

    private void differs(Kind kind, PackSection told) throws Exception {
        for (SectionWalk walk : walks(told)) {
            assertThat(walk.read())
                    .hasValueSatisfying(mismatch -> {
                        assertThat(mismatch.kind()).isEqualTo(kind);
                        assertThat(mismatch.fact()).isNotEmpty();
                    });
        }
    }

    private PackSection told(
            long base,
            long end,
            long first,
            long max,
            int batches,
            long records,
            List<EpochStart> epochs) {
        return new PackSection(
                ID,
                "orders",
                base,
                end,
                first,
                max,
                section.position(),
                section.length(),
                batches,
                records,
                epochs,
                section.aborted(),
                section.producers(),
                section.facts(),
                base == 10
                        ? section.sparseIndex()
                        : List.of(new PackSection.SparsePoint(base, -1, 0)),
                section.chunkBytes(),
                section.chunkCrcs());
    }

    @Test
    void whatTheWriterToldIsTrue() throws Exception {
        for (SectionWalk walk : walks(section)) {
            assertThat(walk.read()).isEmpty();
        }
        assertThat(section.epochs()).hasSize(2);
    }

    @Test
    void everyOtherTellingIsAMismatch() throws Exception {
        List<EpochStart> epochs = section.epochs();
        differs(Kind.BATCH_MISMATCH, told(11, 16, 1_000, 1_002, 3, 6, epochs));
        differs(Kind.BATCH_MISMATCH, told(10, 17, 1_000, 1_002, 3, 6, epochs));
        differs(Kind.BATCH_MISMATCH, told(10, 16, 1_001, 1_002, 3, 6, epochs));
        differs(Kind.BATCH_MISMATCH, told(10, 16, 1_000, 1_003, 3, 6, epochs));
        differs(Kind.BATCH_MISMATCH, told(10, 16, 1_000, 1_002, 2, 6, epochs));
        differs(Kind.BATCH_MISMATCH, told(10, 16, 1_000, 1_002, 3, 7, epochs));
        differs(Kind.BATCH_MISMATCH, told(10, 16, 1_000, 1_002, 3, 6, epochs.subList(0, 1)));
    }
}
