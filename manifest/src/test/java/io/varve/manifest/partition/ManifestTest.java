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
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.ManifestStore.CommitResult;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.StoreOperation;
import io.varve.objectstore.faulty.Fault;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.ScriptedFaults;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

final class ManifestTest {
    private static final PartitionId ID = new PartitionId(new Uuid(1, 2), 3);
    private static final ManifestRank RANK = new ManifestRank(1, 0, 5);

    private final MemoryObjectStore truth = new MemoryObjectStore(InstantSource.system());
    private final ScriptedFaults faults = new ScriptedFaults();
    private final FaultyObjectStore store = new FaultyObjectStore(truth, faults, time -> {});

    static SegmentEntry entry(long base, long end) {
        return new SegmentEntry(
                base, end, end, 1, 1, base * 31 + end, 1_000, end, end - base, 7, false);
    }

    private static PartitionManifest upTo(long... ends) {
        PartitionManifest manifest = PartitionManifest.first("orders", ID, RANK, 0);
        long base = 0;
        for (long end : ends) {
            manifest = manifest.apply(RANK, List.of(add(base, end)));
            base = end;
        }
        return manifest;
    }

    private static ManifestDelta add(long base, long end) {
        return new ManifestDelta.AddSegment(
                entry(base, end), List.of(new EpochStart((int) base, base)));
    }

    @Test
    void segmentsFollowOneAnother() {
        PartitionManifest manifest = upTo(10, 25, 40);

        assertThat(manifest.version()).isEqualTo(4);
        assertThat(manifest.archivedEnd()).isEqualTo(40);
        assertThat(manifest.entryAt(24).orElseThrow().baseOffset()).isEqualTo(10);
        assertThat(manifest.entryAt(40)).isEmpty();
        assertThat(manifest.entriesIn(9, 26)).hasSize(3);
        assertThat(manifest.entriesIn(10, 25)).hasSize(1);
        assertThatThrownBy(() -> manifest.apply(RANK, List.of(add(41, 50))))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> manifest.apply(RANK, List.of(add(39, 50))))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> manifest.apply(RANK, List.of(add(40, 50), add(40, 50))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void movingTheStartDoomsWholeObjectsOnly() {
        PartitionManifest manifest =
                upTo(10, 25, 40)
                        .apply(RANK, List.of(new ManifestDelta.MoveLogStart(24, "retention", 99)));

        assertThat(manifest.entries()).containsExactly(entry(10, 25), entry(25, 40));
        assertThat(manifest.doomed())
                .containsExactly(
                        new DoomedObject(entry(0, 10).key("orders", ID), 1_000, "retention", 99));
        assertThat(manifest.epochStarts())
                .containsExactly(new EpochStart(10, 24), new EpochStart(25, 25));
        assertThatThrownBy(() ->
                        manifest.apply(
                                RANK, List.of(new ManifestDelta.MoveLogStart(24, "retention", 99))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void startWithinABatchThatIsNotArchivedYet() {
        PartitionManifest manifest =
                upTo(10).apply(
                                RANK,
                                List.of(new ManifestDelta.MoveLogStart(17, "delete-records", 99)));

        assertThat(manifest.archivedEnd()).isEqualTo(17);
        assertThat(manifest.entries()).isEmpty();
        PartitionManifest next = manifest.apply(RANK, List.of(add(15, 30)));
        assertThat(next.archivedEnd()).isEqualTo(30);
        assertThatThrownBy(() -> manifest.apply(RANK, List.of(add(10, 17))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void replacedSegmentsAreDoomedNotForgotten() {
        PartitionManifest before = upTo(10, 25, 40);
        SegmentEntry merged = entry(0, 20);
        PartitionManifest after =
                before.apply(
                        RANK,
                        List.of(
                                new ManifestDelta.ReplaceSegments(
                                        List.of(entry(0, 10), entry(10, 25)),
                                        List.of(merged),
                                        List.of(new Gap(20, 25, Gap.Reason.COMPACTED)),
                                        "compaction",
                                        99)));

        assertThat(after.entries()).containsExactly(merged, entry(25, 40));
        assertThat(after.doomed()).hasSize(2);
        assertThat(after.entryAt(22)).isEmpty();
        assertThat(after.entryAtOrAfter(22)).contains(entry(25, 40));
        assertThatThrownBy(() ->
                        before.apply(
                                RANK,
                                List.of(
                                        new ManifestDelta.ReplaceSegments(
                                                List.of(entry(0, 10)),
                                                List.of(entry(0, 9)),
                                                List.of(),
                                                "bad",
                                                99))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not adjacent");
    }

    @Test
    void rankNeverGoesBack() {
        PartitionManifest manifest = upTo(10);

        assertThatThrownBy(() -> manifest.apply(new ManifestRank(1, 0, 4), List.of(add(10, 20))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("rank went back");
        assertThatThrownBy(() -> manifest.apply(new ManifestRank(2, 0, 9), List.of(add(10, 20))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void nextGenerationStartsAtTheRestoredEnd() {
        PartitionManifest old = upTo(10, 25, 40);
        PartitionManifest next = old.continueIn(new ManifestRank(2, 0, 1), 17);

        assertThat(next.ref()).isEqualTo(new ManifestRef(2, 1));
        assertThat(next.previous())
                .isEqualTo(new PartitionManifest.Previous(1, 4, ManifestCodec.crc(old)));
        assertThat(next.archivedEnd()).isEqualTo(17);
        assertThat(next.entries().getLast().endOffset()).isEqualTo(17);
        assertThat(next.entries().getLast().objectEndOffset()).isEqualTo(25);
        assertThat(next.entries().getLast().key("orders", ID))
                .isEqualTo(entry(10, 25).key("orders", ID));
        assertThat(next.epochStarts())
                .containsExactly(new EpochStart(0, 0), new EpochStart(10, 10));
        assertThatThrownBy(() -> old.continueIn(RANK, 17))
                .isInstanceOf(IllegalStateException.class);
    }

    @RepeatedTest(20)
    void noChangeBreaksAnInvariantOrForgetsAnObject() {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        PartitionManifest manifest = PartitionManifest.first("orders", ID, RANK, 0);
        Set<String> ever = new TreeSet<>();
        Set<String> gone = new TreeSet<>();
        for (int i = 0; i < 150; i++) {
            List<ManifestDelta> deltas = new ArrayList<>();
            long end = manifest.archivedEnd();
            switch (random.nextInt(6)) {
                case 0 -> {
                    if (end > manifest.logStart()) {
                        long start =
                                manifest.logStart()
                                        + 1
                                        + random.nextLong(end - manifest.logStart());
                        deltas.add(new ManifestDelta.MoveLogStart(start, "retention", i));
                    }
                }
                case 1 ->
                        deltas.add(
                                new ManifestDelta.AddGap(new Gap(end, end + 5, Gap.Reason.LOST)));
                case 2 -> {
                    Set<String> dropped = new TreeSet<>();
                    manifest.doomed().stream()
                            .limit(2)
                            .forEach(object -> dropped.add(object.key()));
                    gone.addAll(dropped);
                    deltas.add(new ManifestDelta.DropDoomed(dropped));
                }
                default -> deltas.add(add(end, end + 1 + random.nextInt(50)));
            }
            manifest = manifest.apply(RANK, deltas);
            manifest.entries().forEach(entry -> ever.add(entry.key("orders", ID)));

            PartitionManifest read = ManifestCodec.decode(ManifestCodec.encode(manifest), "test");
            assertThat(read).as("seed %s, step %s", seed, i).isEqualTo(manifest);
            Set<String> known = new TreeSet<>(gone);
            manifest.entries().forEach(entry -> known.add(entry.key("orders", ID)));
            manifest.doomed().forEach(object -> known.add(object.key()));
            assertThat(known).as("seed %s, step %s", seed, i).containsAll(ever);
            for (long offset = manifest.logStart(); offset < manifest.archivedEnd(); offset++) {
                long at = offset;
                boolean inGap =
                        manifest.gaps().stream()
                                .anyMatch(gap -> gap.baseOffset() <= at && at < gap.endOffset());
                assertThat(manifest.entryAt(offset).isPresent())
                        .as("seed %s, step %s, offset %s", seed, i, offset)
                        .isNotEqualTo(inGap);
            }
        }
    }

    @Test
    void everyDamageIsNoticed() {
        Damage.everyFlippedByteAndTruncationIsNoticed(
                ManifestCodec.encode(GoldenObjects.manifest()),
                bytes -> ManifestCodec.decode(bytes, "k"));
    }

    @Test
    void ofTwoWritersOneCommits() throws IOException {
        PartitionManifest first = upTo();
        assertThat(ManifestStore.commit(store, first)).isEqualTo(new CommitResult.Committed(first));
        PartitionManifest a = first.apply(RANK, List.of(add(0, 10)));
        PartitionManifest b = first.apply(new ManifestRank(1, 0, 6), List.of(add(0, 12)));

        faults.next(1, StoreOperation.PUT, "", new Fault.FailAfter());
        assertThat(ManifestStore.commit(store, a)).isEqualTo(new CommitResult.Committed(a));
        assertThat(ManifestStore.commit(store, b)).isEqualTo(new CommitResult.Superseded(a));
        assertThat(ManifestStore.commit(store, a)).isEqualTo(new CommitResult.Committed(a));
        assertThat(ManifestStore.read(store, "orders", ID, new ManifestRef(1, 2))).isEqualTo(a);
    }

    @Test
    void unknownOutcomeIsNeverTakenForAnAnswer() throws IOException {
        PartitionManifest first = upTo();
        faults.next(1, StoreOperation.PUT, "", new Fault.FailBefore());

        assertThatThrownBy(() -> ManifestStore.commit(store, first))
                .isInstanceOf(ObjectStoreException.Transient.class);
        assertThat(ManifestStore.commit(store, first)).isEqualTo(new CommitResult.Committed(first));
    }

    @Test
    void newestIsTheHighestVersionOfTheHighestGenerationAllowed() throws IOException {
        PartitionManifest one = upTo();
        PartitionManifest two = one.apply(RANK, List.of(add(0, 10)));
        PartitionManifest later = two.continueIn(new ManifestRank(12, 0, 1), 5);
        for (PartitionManifest manifest : List.of(one, two, later)) {
            ManifestStore.commit(store, manifest);
        }

        assertThat(ManifestStore.newest(store, "orders", ID, 99)).contains(later);
        assertThat(ManifestStore.newest(store, "orders", ID, 11)).contains(two);
        assertThat(ManifestStore.newest(store, "orders", ID, 0)).isEmpty();
        assertThat(ManifestStore.firstOfGeneration(store, "orders", ID, 12)).contains(later);
        assertThat(ManifestStore.firstOfGeneration(store, "orders", ID, 2)).isEmpty();
        assertThat(ManifestStore.versions(store, "orders", ID))
                .containsExactly(
                        new ManifestRef(1, 1), new ManifestRef(1, 2), new ManifestRef(12, 1));
    }

    @Test
    void manifestUnderAnotherKeyIsDamage() throws IOException {
        truth.put(
                BucketKeys.manifest("orders", ID, 1, 9),
                ObjectBody.of(ManifestCodec.encode(upTo(10))),
                PutMode.IF_ABSENT);

        assertThatThrownBy(() -> ManifestStore.newest(store, "orders", ID, 1))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("another one than its key says");
    }
}
