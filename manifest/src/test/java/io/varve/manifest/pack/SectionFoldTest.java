// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.PartitionId;
import io.varve.manifest.RandomSeed;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.TestBatches;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.state.RandomTraffic;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/// Goal: the indexes of journals alone bring back the state that applying every batch gave. Method:
/// random traffic, cut into packs at random points, each written with a shadow, read back from a
/// store, and folded onto a third ledger.
final class SectionFoldTest {
    private static final PartitionId ID = new PartitionId(new Uuid(7, 9), 4);
    private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());

    static PackFacts journal(long first, long end) {
        return new PackFacts(
                PackKind.JOURNAL, "cluster", new ShardId(1, 1, 0), first, end, 1, 1, 0, "test", 0);
    }

    @RepeatedTest(20)
    void indexesOfJournalsGiveTheStateThatBatchesGive() throws IOException {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        long start = random.nextInt(3) * 100L;
        PartitionLedger applied = PartitionLedger.open(ID, "orders", "{}", 10, start);
        PartitionLedger shadow = PartitionLedger.open(ID, "orders", "{}", 10, start);
        PartitionLedger folded = null;
        RandomTraffic traffic = new RandomTraffic(random, start);

        for (int pack = 0; pack < 20; pack++) {
            PackWriter writer = PackWriter.inMemory(1 + random.nextInt(2_000));
            SectionBuilder section = writer.section(shadow);
            if (pack == 0) {
                section.fact(new ControlFact.Opened(start, 10, "{}"));
            }
            List<RandomTraffic.Step> steps = new ArrayList<>();
            int count = random.nextInt(30);
            for (int i = 0; i < count; i++) {
                steps.add(traffic.next());
            }
            for (RandomTraffic.Step step : steps) {
                BatchHeader header = BatchHeader.at(step.batch(), 0);
                applied.append(header.facts(), header.partitionLeaderEpoch(), step.frameTimeMs());
                section.append(step.batch(), step.frameTimeMs());
                if (random.nextInt(20) == 0) {
                    long logStart =
                            applied.logStart()
                                    + random.nextLong(
                                            applied.highWatermark() - applied.logStart() + 1);
                    applied.moveLogStart(logStart);
                    section.fact(new ControlFact.LogStartMoved(logStart));
                }
                if (random.nextInt(30) == 0) {
                    applied.topicChanged("{\"v\":" + header.baseOffset() + "}");
                    section.fact(
                            new ControlFact.TopicChanged("{\"v\":" + header.baseOffset() + "}"));
                }
            }
            folded = writeReadFold(writer, pack, folded);

            assertThat(shadow.snapshot())
                    .as("seed %s, pack %s", seed, pack)
                    .isEqualTo(applied.snapshot());
            assertThat(folded.snapshot())
                    .as("seed %s, pack %s", seed, pack)
                    .isEqualTo(applied.snapshot());
            assertThat(folded.lastStableOffset())
                    .as("seed %s, pack %s", seed, pack)
                    .isEqualTo(applied.lastStableOffset());
        }
    }

    private PartitionLedger writeReadFold(
            PackWriter writer, int pack, @Nullable PartitionLedger folded) throws IOException {
        PackWriter.Written written = writer.finish(journal(pack * 100L, pack * 100L + 100));
        store.put("pack" + pack, written.body(), PutMode.IF_ABSENT);
        PackIndex read = PackReader.open(store, "pack" + pack);
        assertThat(read).isEqualTo(written.index());
        return SectionFold.fold(folded, read.sections().getFirst()).orElseThrow();
    }

    @Test
    void closedPartitionHasNoLedger() throws IOException {
        PartitionLedger shadow = PartitionLedger.open(ID, "orders", "{}", 10, 0);
        PackWriter writer = PackWriter.inMemory();
        writer.section(shadow)
                .fact(new ControlFact.Opened(0, 10, "{}"))
                .append(TestBatches.plain(0, 1, 5, 3, 10), 5)
                .fact(new ControlFact.Closed(3, "deleted"));
        PackSection section = writer.finish(journal(0, 10)).index().sections().getFirst();

        assertThat(SectionFold.fold(null, section)).isEmpty();
    }

    @Test
    void partitionThatCameWithRecordsFoldsToWhatWasAdopted() throws IOException {
        List<EpochStart> epochs = List.of(new EpochStart(3, 4), new EpochStart(8, 11));
        PartitionLedger shadow = PartitionLedger.open(ID, "orders", "{}", 9, 20);
        PackWriter writer = PackWriter.inMemory();
        writer.section(shadow)
                .fact(new ControlFact.Opened(20, 9, "{}"))
                .fact(new ControlFact.Adopted(4, new ManifestRef(1, 2), epochs))
                .append(TestBatches.plain(20, 10, 5, 3, 10), 5);

        PartitionLedger folded = writeReadFold(writer, 7, null);

        assertThat(folded.snapshot()).isEqualTo(shadow.snapshot());
        assertThat(folded.logStart()).isEqualTo(4);
        assertThat(folded.archivedEnd()).isEqualTo(20);
        assertThat(folded.highWatermark()).isEqualTo(23);
        assertThat(folded.manifest()).isEqualTo(new ManifestRef(1, 2));
        assertThat(folded.epochs())
                .containsExactly(
                        new EpochStart(3, 4), new EpochStart(8, 11), new EpochStart(10, 20));
        assertThatThrownBy(() -> folded.adopt(0, new ManifestRef(1, 3), List.of()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void sectionThatDoesNotFollowIsCorrupt() throws IOException {
        PackWriter writer = PackWriter.inMemory();
        writer.section(PartitionLedger.open(ID, "orders", "{}", 10, 5))
                .append(TestBatches.plain(5, 1, 5, 3, 10), 5);
        PackSection section = writer.finish(journal(0, 10)).index().sections().getFirst();

        assertThatThrownBy(() -> SectionFold.fold(null, section))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("never opened");
        assertThatThrownBy(() ->
                        SectionFold.fold(PartitionLedger.open(ID, "orders", "{}", 10, 0), section))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("highWatermark=0");
    }
}
