// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.Damage;
import io.varve.manifest.PartitionId;
import io.varve.manifest.RandomSeed;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.golden.GoldenObjects;
import io.varve.manifest.state.EpochStart;
import io.varve.objectstore.CountingObjectStore;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.RequestCounts;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

final class ManifestPagesTest {
    private static final PartitionId ID = new PartitionId(new Uuid(1, 2), 3);
    private static final ManifestRank RANK = new ManifestRank(1, 0, 5);

    private final MemoryObjectStore truth = new MemoryObjectStore(InstantSource.system());
    private final CountingObjectStore store = new CountingObjectStore(truth);
    private final SplittableRandom names = new SplittableRandom(7);
    private PartitionManifest manifest = PartitionManifest.first("orders", ID, RANK, 0);

    private void commit(List<ManifestDelta> deltas) throws ObjectStoreException {
        ManifestChange change = ManifestChange.next(store, manifest, RANK, deltas, names, 1_000);
        assertThat(ManifestStore.commit(store, change))
                .isEqualTo(new ManifestStore.CommitResult.Committed(change.manifest()));
        manifest = change.manifest();
    }

    private void addSegments(int count) throws ObjectStoreException {
        List<ManifestDelta> deltas = new ArrayList<>();
        Set<String> collected = new HashSet<>();
        manifest.doomed().forEach(object -> collected.add(object.key()));
        deltas.add(new ManifestDelta.DropDoomed(collected));
        long base = manifest.archivedEnd();
        for (int i = 0; i < count; i++) {
            deltas.add(
                    new ManifestDelta.AddSegment(
                            ManifestTest.entry(base, base + 10), List.of(new EpochStart(1, 0))));
            base += 10;
        }
        commit(deltas);
    }

    private SegmentRun rowsAt(long offset) throws ObjectStoreException {
        PageRef page = manifest.pageAt(offset).orElse(null);
        return page == null
                ? manifest.inline()
                : ManifestStore.readPage(store, "orders", ID, page).rows();
    }

    @Test
    void aHundredThousandSegmentsCostSmallDocumentsAndTwoReads() throws Exception {
        int commits = 0;
        int largest = 0;
        for (int i = 0; i < 250; i++) {
            addSegments(400);
            commits++;
            largest = Math.max(largest, ManifestCodec.encode(manifest).length);
        }
        RequestCounts writing = store.counts();

        assertThat(largest).isLessThanOrEqualTo(ManifestChange.BYTES_MAX);
        assertThat(manifest.segments()).isEqualTo(100_000);
        assertThat(manifest.pages()).hasSizeLessThan(150);
        long pagePuts = writing.of(StoreOperation.PUT).requests() - commits;
        assertThat(pagePuts).as("a page is put once in some hundred segments").isLessThan(600);
        assertThat(writing.bytesOut()).as("bytes per segment").isLessThan(100_000 * 2_000L);

        Random random = new Random(3);
        for (int i = 0; i < 50; i++) {
            CountingObjectStore reading = new CountingObjectStore(truth);
            long offset = random.nextLong(1_000_000);
            PartitionManifest read = ManifestStore.read(reading, "orders", ID, manifest.ref());
            PageRef page = read.pageAt(offset).orElse(null);
            SegmentRun rows =
                    page == null
                            ? read.inline()
                            : ManifestStore.readPage(reading, "orders", ID, page).rows();
            assertThat(rows.entryAt(offset).orElseThrow().baseOffset()).isEqualTo(offset / 10 * 10);
            assertThat(reading.counts().requests()).isLessThanOrEqualTo(2);
            assertThat(reading.counts().bytesIn()).isLessThan(500_000);
        }
    }

    @Test
    void deletingNearlyAllOfAHundredPagesReadsOneAndNamesNothingOneByOne() throws Exception {
        for (int i = 0; i < 200; i++) {
            addSegments(100);
        }
        long segments = manifest.segments();
        int pages = manifest.pages().size();
        long logStart = manifest.pages().getLast().baseOffset() + 105;
        RequestCounts before = store.counts();

        commit(List.of(new ManifestDelta.MoveLogStart(logStart, "retention", 99)));

        RequestCounts after = store.counts();
        assertThat(after.minus(before).of(StoreOperation.GET).requests()).isOne();
        assertThat(ManifestCodec.encode(manifest).length)
                .isLessThanOrEqualTo(ManifestChange.BYTES_MAX);
        assertThat(manifest.doomedPages()).hasSize(pages - 1);
        assertThat(manifest.pages()).hasSize(1);
        long doomed =
                manifest.doomedPages().stream().mapToLong(page -> page.page().segments()).sum();
        long doomedAlone =
                manifest.doomed().stream()
                        .filter(object -> object.key().contains("/segments/"))
                        .count();
        assertThat(doomed + doomedAlone + manifest.segments()).isEqualTo(segments);
        assertThat(rowsAt(logStart).entryAt(logStart)).isPresent();
    }

    @Test
    void manySegmentsThatGoAtOnceGoAsOnePage() throws Exception {
        addSegments(150);

        commit(List.of(new ManifestDelta.MoveLogStart(1_405, "delete-records", 99)));

        assertThat(manifest.doomed()).isEmpty();
        assertThat(manifest.doomedPages()).hasSize(1);
        PageRef page = manifest.doomedPages().getFirst().page();
        assertThat(page.segments()).isEqualTo(140);
        assertThat(ManifestStore.readPage(store, "orders", ID, page).rows().entries()).hasSize(140);
        commit(List.of(new ManifestDelta.DropDoomed(Set.of(page.key("orders", ID)))));
        assertThat(manifest.doomedPages()).isEmpty();
    }

    @Test
    void theNextGenerationEndsWithinAPage() throws Exception {
        for (int i = 0; i < 10; i++) {
            addSegments(100);
        }
        long end = manifest.pages().getFirst().baseOffset() + 43;

        ManifestChange change =
                ManifestChange.continued(
                        store, manifest, new ManifestRank(2, 0, 1), end, names, 99);

        assertThat(change.manifest().archivedEnd()).isEqualTo(end);
        assertThat(change.manifest().pages()).isEmpty();
        assertThat(change.manifest().entries()).hasSize(5);
        assertThat(change.manifest().entries().getLast().endOffset()).isEqualTo(end);
        assertThat(change.manifest().previous())
                .isEqualTo(
                        new PartitionManifest.Previous(
                                1, manifest.version(), ManifestCodec.crc(manifest)));
    }

    @Test
    void aPageIsPutBeforeTheManifestThatNamesItAndALostAnswerIsAskedFor() throws Exception {
        addSegments(250);
        for (boolean done : new boolean[] {false, true}) {
            ScriptedFaults faults = new ScriptedFaults();
            FaultyObjectStore lying = new FaultyObjectStore(truth, faults, time -> {});
            List<ManifestDelta> deltas = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                long base = manifest.archivedEnd() + 10L * i;
                deltas.add(
                        new ManifestDelta.AddSegment(
                                ManifestTest.entry(base, base + 10), List.of()));
            }
            ManifestChange change =
                    ManifestChange.next(lying, manifest, RANK, deltas, names, 1_000);
            assertThat(change.pages()).isNotEmpty();
            faults.next(
                    1,
                    StoreOperation.PUT,
                    "topics/",
                    done ? new Fault.FailAfter() : new Fault.FailBefore());
            if (!done) {
                assertThatThrownBy(() -> ManifestStore.commit(lying, change))
                        .isInstanceOf(ObjectStoreException.Transient.class);
                PartitionManifest next = change.manifest();
                assertThatThrownBy(() -> ManifestStore.read(truth, "orders", ID, next.ref()))
                        .as("no manifest without its page")
                        .isInstanceOf(ObjectStoreException.NotFound.class);
            }
            assertThat(ManifestStore.commit(lying, change))
                    .isEqualTo(new ManifestStore.CommitResult.Committed(change.manifest()));
            manifest = change.manifest();
            assertThat(rowsAt(0).entryAt(0)).isPresent();
        }
    }

    @Test
    void aRowOfAPageIsNotFoundInTheDocumentByMistake() throws Exception {
        for (int i = 0; i < 5; i++) {
            addSegments(100);
        }
        assertThatThrownBy(() -> manifest.entryAtOrAfter(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("offset is in a page");
        assertThatThrownBy(() ->
                        manifest.apply(RANK, List.of(new ManifestDelta.MoveLogStart(15, "x", 0))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("rows of a page are needed");
    }

    @Test
    void everyDamageOfAPageIsNoticed() throws Exception {
        Damage.everyFlippedByteAndTruncationIsNoticed(
                PageCodec.encode(GoldenObjects.page()),
                bytes -> PageCodec.decode(bytes, "damaged", 9));
        Damage.everyFlippedByteAndTruncationIsNoticed(
                ManifestCodec.encode(GoldenObjects.pagedManifest()),
                bytes -> ManifestCodec.decode(bytes, "damaged"));
    }

    @Test
    void aPageThatWasExchangedWithAnotherIsNoticed() throws Exception {
        for (int i = 0; i < 30; i++) {
            addSegments(100);
        }
        PageRef one = manifest.pages().get(0);
        PageRef two = manifest.pages().get(1);
        byte[] bytes = PageCodec.encode(ManifestStore.readPage(store, "orders", ID, two));
        truth.put(one.key("orders", ID), ObjectBody.of(bytes), PutMode.OVERWRITE);

        assertThatThrownBy(() -> ManifestStore.readPage(store, "orders", ID, one))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining(one.key("orders", ID));
    }

    /// Goal: whatever is added, deleted and replaced, in whatever order, look-ups give what a plain
    /// list gives, the document stays small, and no object is forgotten.
    @RepeatedTest(2)
    void pagesAndDocumentTogetherAreOneList() throws Exception {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        TreeMap<Long, SegmentEntry> model = new TreeMap<>();
        Set<String> ever = new HashSet<>();
        Set<String> gone = new HashSet<>();
        for (int step = 0; step < 40; step++) {
            List<ManifestDelta> deltas = new ArrayList<>();
            long end = manifest.archivedEnd();
            switch (random.nextInt(8)) {
                case 0 -> {
                    long start = manifest.logStart();
                    if (end > start + 1) {
                        long far = random.nextBoolean() ? end - start : (end - start) / 8;
                        long to = start + 1 + random.nextLong(Math.max(1, far));
                        deltas.add(new ManifestDelta.MoveLogStart(to, "retention", step));
                        model.values().removeIf(entry -> entry.endOffset() <= to);
                    }
                }
                case 1 ->
                        deltas.add(
                                new ManifestDelta.AddGap(new Gap(end, end + 5, Gap.Reason.LOST)));
                case 2 -> deltas.add(new ManifestDelta.DropDoomed(dropSome(gone)));
                case 3 -> replaceOne(random, model, deltas, step);
                default -> {
                    int count = 1 + random.nextInt(200);
                    for (int i = 0; i < count; i++) {
                        SegmentEntry entry = ManifestTest.entry(end, end + 1 + random.nextInt(50));
                        deltas.add(new ManifestDelta.AddSegment(entry, List.of()));
                        model.put(entry.baseOffset(), entry);
                        end = entry.endOffset();
                    }
                }
            }
            commit(deltas);
            model.values().forEach(entry -> ever.add(entry.key("orders", ID)));
            check(seed, step, random, model);
            if (step % 8 == 7) {
                checkNothingForgotten(seed, step, model, ever, gone);
            }
        }
    }

    private Set<String> dropSome(Set<String> gone) throws ObjectStoreException {
        Set<String> dropped = new HashSet<>();
        manifest.doomed().stream().limit(30).map(DoomedObject::key).forEach(dropped::add);
        for (DoomedPage doomed : manifest.doomedPages()) {
            ManifestStore.readPage(store, "orders", ID, doomed.page())
                    .rows()
                    .entries()
                    .forEach(entry -> gone.add(entry.key("orders", ID)));
            dropped.add(doomed.page().key("orders", ID));
        }
        gone.addAll(dropped);
        return dropped;
    }

    private void replaceOne(
            Random random,
            TreeMap<Long, SegmentEntry> model,
            List<ManifestDelta> deltas,
            int step) {
        if (model.isEmpty()) {
            return;
        }
        List<SegmentEntry> all = List.copyOf(model.values());
        SegmentEntry old = all.get(random.nextInt(all.size()));
        SegmentEntry merged =
                new SegmentEntry(
                        old.baseOffset(),
                        old.endOffset(),
                        old.endOffset(),
                        1,
                        step + 2,
                        random.nextLong(),
                        500,
                        old.maxTimestampMs(),
                        1,
                        8,
                        true);
        deltas.add(
                new ManifestDelta.ReplaceSegments(
                        List.of(old), List.of(merged), List.of(), "compaction", step));
        model.put(merged.baseOffset(), merged);
    }

    private void check(long seed, int step, Random random, Map<Long, SegmentEntry> model)
            throws ObjectStoreException {
        String where = "seed " + seed + ", step " + step;
        PartitionManifest read = ManifestStore.read(store, "orders", ID, manifest.ref());
        assertThat(read).as(where).isEqualTo(manifest);
        assertThat(ManifestCodec.encode(manifest).length)
                .as(where)
                .isLessThanOrEqualTo(ManifestChange.BYTES_MAX);
        assertThat(manifest.segments()).as(where).isEqualTo(model.size());
        assertThat(manifest.bytes())
                .as(where)
                .isEqualTo(model.values().stream().mapToLong(SegmentEntry::bytes).sum());
        for (SegmentEntry entry : model.values()) {
            if (random.nextInt(Math.max(1, model.size() / 5)) == 0) {
                long offset = Math.max(manifest.logStart(), entry.endOffset() - 1);
                assertThat(rowsAt(offset).entryAt(offset)).as(where).contains(entry);
            }
        }
    }

    private void checkNothingForgotten(
            long seed, int step, Map<Long, SegmentEntry> model, Set<String> ever, Set<String> gone)
            throws ObjectStoreException {
        Set<String> known = new HashSet<>(gone);
        model.values().forEach(entry -> known.add(entry.key("orders", ID)));
        manifest.doomed().forEach(object -> known.add(object.key()));
        for (DoomedPage doomed : manifest.doomedPages()) {
            ManifestStore.readPage(store, "orders", ID, doomed.page())
                    .rows()
                    .entries()
                    .forEach(entry -> known.add(entry.key("orders", ID)));
        }
        assertThat(known).as("seed %s, step %s", seed, step).containsAll(ever);
    }
}
