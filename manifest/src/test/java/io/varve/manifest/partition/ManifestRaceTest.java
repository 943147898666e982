// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.RandomSeed;
import io.varve.manifest.partition.ManifestStore.CommitResult;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.faulty.FaultyObjectStore;
import io.varve.objectstore.faulty.RandomFaults;
import io.varve.objectstore.faulty.RandomFaults.Kind;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.RepeatedTest;

/// Goal: however two leaders interleave and however the store fails, the versions form one chain,
/// and what a writer was told is committed is in it. Method: both write in random order over a
/// store that fails before or after the work; each keeps to the protocol (same bytes again after an
/// unknown outcome, theirs when superseded).
final class ManifestRaceTest {
    private static final PartitionId ID = new PartitionId(new Uuid(1, 2), 3);
    private static final int ROUNDS = 60;

    private static final class Writer {
        PartitionManifest known;
        PartitionManifest pending;

        Writer(PartitionManifest first) {
            this.known = first;
            this.pending = first;
        }
    }

    @RepeatedTest(30)
    void versionsFormOneChain() throws IOException {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        MemoryObjectStore truth = new MemoryObjectStore(InstantSource.system());
        FaultyObjectStore store =
                new FaultyObjectStore(
                        truth,
                        new RandomFaults(
                                random,
                                Map.of(
                                        Kind.FAIL_BEFORE,
                                        0.15,
                                        Kind.FAIL_AFTER,
                                        0.15,
                                        Kind.THROTTLE,
                                        0.05),
                                1_000),
                        time -> {});
        ManifestRank rank = new ManifestRank(1, 0, 1);
        PartitionManifest first = PartitionManifest.first("orders", ID, rank, 0);
        List<Writer> writers = List.of(new Writer(first), new Writer(first));
        List<PartitionManifest> promised = new ArrayList<>();
        int unknownOutcomes = 0;

        for (int round = 0; round < ROUNDS; round++) {
            Writer writer = writers.get(random.nextInt(writers.size()));
            try {
                switch (ManifestStore.commit(store, writer.pending)) {
                    case CommitResult.Committed(PartitionManifest ours) -> {
                        promised.add(ours);
                        writer.known = ours;
                    }
                    case CommitResult.Superseded(PartitionManifest theirs) -> writer.known = theirs;
                }
                long base = writer.known.archivedEnd();
                SegmentEntry next =
                        new SegmentEntry(
                                base,
                                base + 10,
                                base + 10,
                                1,
                                1,
                                random.nextLong(),
                                100,
                                0,
                                10,
                                0,
                                false);
                writer.pending =
                        writer.known.apply(
                                rank, List.of(new ManifestDelta.AddSegment(next, List.of())));
            } catch (ObjectStoreException.Transient e) {
                unknownOutcomes++; // the same bytes again, next time
            }
        }

        List<ManifestRef> versions = ManifestStore.versions(truth, "orders", ID);
        PartitionManifest before = null;
        for (ManifestRef ref : versions) {
            PartitionManifest manifest = ManifestStore.read(truth, "orders", ID, ref);
            if (before != null) {
                assertThat(manifest.previous())
                        .as("seed %s, version %s", seed, ref)
                        .isEqualTo(
                                new PartitionManifest.Previous(
                                        1, before.version(), ManifestCodec.crc(before)));
            }
            before = manifest;
        }
        for (PartitionManifest manifest : promised) {
            assertThat(ManifestStore.read(truth, "orders", ID, manifest.ref()))
                    .as("seed %s", seed)
                    .isEqualTo(manifest);
        }
        assertThat(promised).as("seed %s", seed).isNotEmpty();
        assertThat(unknownOutcomes).as("seed %s", seed).isLessThan(ROUNDS);
    }
}
