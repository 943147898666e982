// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.golden;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.TestBatches;
import io.varve.manifest.checkpoint.CheckpointCodec;
import io.varve.manifest.checkpoint.DoomedObject;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.Cut;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.hold.Hold;
import io.varve.manifest.hold.MarkerCodec;
import io.varve.manifest.hold.NamedManifest;
import io.varve.manifest.hold.RestorePoint;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.partition.DoomedPage;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestCodec;
import io.varve.manifest.partition.ManifestDelta;
import io.varve.manifest.partition.ManifestPage;
import io.varve.manifest.partition.ManifestRank;
import io.varve.manifest.partition.PageCodec;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.partition.SegmentEntry;
import io.varve.manifest.partition.SegmentRun;
import io.varve.manifest.state.AbortedTxn;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.state.ProducerBatch;
import io.varve.manifest.state.ProducerState;
import io.varve.manifest.topic.TopicDocument;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.apache.kafka.common.Uuid;

/// One object of each format, with every kind of field in use. [#main] writes them as files: run
/// once per format version.
public final class GoldenObjects {
    private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAEAAAAAAAAAAg");
    private static final PartitionId PARTITION = new PartitionId(TOPIC, 0);
    private static final ShardId SHARD = new ShardId(1, 2, 3);
    private static final long TIME_MS = 1_767_225_600_000L;

    private GoldenObjects() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        for (Map.Entry<String, byte[]> file : files().entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
    }

    /// File names and contents, as today's writers make them.
    public static Map<String, byte[]> files() throws IOException {
        MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
        Map<String, byte[]> files = new LinkedHashMap<>();
        store.put("pack", pack().body(), PutMode.IF_ABSENT);
        files.put("journal.pack", WholeObjects.read(store, "pack"));
        files.put("shard.checkpoint", CheckpointCodec.encode(checkpoint()));
        files.put("manifest.json", ManifestCodec.encode(manifest()));
        files.put("manifest-page.json", PageCodec.encode(page()));
        files.put("manifest-paged.json", ManifestCodec.encode(pagedManifest()));
        files.put("restore-point.json", MarkerCodec.encode(restorePoint()));
        files.put("hold.json", MarkerCodec.encode(hold()));
        ClusterFiles.createIdentity(store, identity());
        files.put("varve.json", WholeObjects.read(store, BucketKeys.varveJson()));
        ClusterFiles.claim(store, claim());
        files.put("claim.json", WholeObjects.read(store, BucketKeys.claim(2)));
        ClusterFiles.decide(store, cut());
        files.put("cut.json", WholeObjects.read(store, BucketKeys.cut(2)));
        ClusterFiles.sayAlive(store, 2, alive());
        files.put("alive.json", WholeObjects.read(store, BucketKeys.alive(2, alive().peer())));
        topic().write(store);
        files.put("topic.json", WholeObjects.read(store, BucketKeys.topicJson("orders", TOPIC)));
        return files;
    }

    public static PackWriter.Written pack() throws IOException {
        PackWriter writer = PackWriter.inMemory(128);
        SectionBuilder first =
                writer.section(PartitionLedger.open(PARTITION, "orders", "{}", 4, 0));
        first.fact(new ControlFact.Opened(0, 4, "{}"));
        first.append(TestBatches.plain(0, 5, TIME_MS, 2, 8), TIME_MS);
        first.append(
                TestBatches.transactional(
                        2, 5, 9, 0, 0, TestBatches.records(new Random(1), TIME_MS, 1, 4)),
                TIME_MS);
        first.append(TestBatches.marker(3, 6, TIME_MS, 9, 0, false, 1), TIME_MS);
        first.append(
                TestBatches.transactional(
                        4, 6, 9, 0, 1, TestBatches.records(new Random(2), TIME_MS, 1, 4)),
                TIME_MS);
        first.fact(new ControlFact.LogStartMoved(1))
                .fact(new ControlFact.TopicChanged("{\"a\":1}"));
        writer.section(PartitionLedger.open(new PartitionId(TOPIC, 1), "orders", "{}", 4, 7))
                .fact(new ControlFact.Closed(7, "topic deleted"));
        return writer.finish(
                new PackFacts(
                        PackKind.JOURNAL,
                        "Cluster-Id-1234567890A",
                        SHARD,
                        10,
                        20,
                        1,
                        2,
                        5,
                        "varve 0.1.0 1-00ff",
                        TIME_MS));
    }

    public static ShardCheckpoint checkpoint() {
        ProducerState producer =
                new ProducerState(
                        9,
                        (short) 1,
                        3,
                        TIME_MS,
                        OptionalLong.of(40),
                        List.of(
                                new ProducerBatch(0, 1, 40, 41, TIME_MS),
                                new ProducerBatch(2, 2, 42, 42, TIME_MS)));
        ProducerState idle =
                new ProducerState(10, (short) 0, -1, TIME_MS, OptionalLong.empty(), List.of());
        PartitionState state =
                new PartitionState(
                        PARTITION,
                        "orders",
                        "{}",
                        65_536,
                        5,
                        30,
                        43,
                        new ManifestRef(1, 7),
                        List.of(new EpochStart(65_537, 5), new EpochStart(65_538, 20)),
                        List.of(new AbortedTxn(9, 28, 33, 34)),
                        List.of(producer, idle));
        return new ShardCheckpoint(
                "Cluster-Id-1234567890A",
                SHARD,
                20,
                2,
                TIME_MS,
                List.of(state),
                List.of(
                        new ShardCheckpoint.ClosedPartition(
                                new PartitionId(TOPIC, 1), "orders", TIME_MS)),
                List.of(new JournalRef(BucketKeys.journal(SHARD, 10), 10, 20, 1_234)),
                List.of(
                        new DoomedObject(
                                BucketKeys.journal(SHARD, 1), 99, "archived", TIME_MS + 3_600_000)),
                List.of(new byte[] {1, 2, 3}));
    }

    public static PartitionManifest manifest() {
        ManifestRank rank = new ManifestRank(1, 0, 5);
        SegmentEntry one =
                new SegmentEntry(
                        0,
                        100,
                        100,
                        1,
                        2,
                        0x0123456789abcdefL,
                        5_000,
                        TIME_MS,
                        100,
                        0x1234abcd,
                        false);
        SegmentEntry two =
                new SegmentEntry(100, 250, 250, 1, 2, -2L, 6_000, TIME_MS + 1, 120, -1, true);
        return PartitionManifest.first("orders", PARTITION, rank, 0)
                .apply(
                        rank,
                        List.of(
                                new ManifestDelta.AddSegment(one, List.of(new EpochStart(5, 0))),
                                new ManifestDelta.AddSegment(two, List.of(new EpochStart(6, 120))),
                                new ManifestDelta.AddGap(new Gap(250, 260, Gap.Reason.LOST)),
                                new ManifestDelta.MoveLogStart(
                                        100, "retention", TIME_MS + 3_600_000)));
    }

    /// A page of the two segments and the gap between them.
    public static ManifestPage page() {
        SegmentEntry one =
                new SegmentEntry(0, 100, 100, 1, 2, 17, 5_000, TIME_MS, 100, 0x1234abcd, false);
        SegmentEntry two =
                new SegmentEntry(110, 250, 250, 1, 3, -2L, 6_000, TIME_MS + 1, 120, -1, false);
        return new ManifestPage(
                "orders",
                PARTITION,
                new SegmentRun(
                        0,
                        250,
                        List.of(one, two),
                        List.of(new Gap(100, 110, Gap.Reason.COMPACTED))),
                0x0123456789abcdefL);
    }

    /// A manifest with one page in use and one that goes.
    public static PartitionManifest pagedManifest() {
        ManifestPage gone =
                new ManifestPage(
                        "orders",
                        PARTITION,
                        new SegmentRun(
                                0,
                                50,
                                List.of(
                                        new SegmentEntry(
                                                0, 50, 50, 1, 1, 1, 10, TIME_MS, 50, 2, false)),
                                List.of()),
                        3);
        return new PartitionManifest(
                "orders",
                PARTITION,
                1,
                7,
                new ManifestRank(1, 0, 5),
                new PartitionManifest.Previous(1, 6, 0x57d99b4b),
                60,
                300,
                List.of(page().ref()),
                List.of(
                        new SegmentEntry(
                                250, 300, 300, 1, 7, 5, 700, TIME_MS + 2, 50, 0x77, false)),
                List.of(),
                List.of(
                        new DoomedObject(
                                BucketKeys.manifest("orders", PARTITION, 1, 5),
                                0,
                                "old manifest versions up to this",
                                TIME_MS)),
                List.of(new DoomedPage(gone.ref(), "retention", TIME_MS + 3_600_000)),
                List.of(new EpochStart(5, 60)));
    }

    public static RestorePoint restorePoint() {
        return new RestorePoint(
                "before-upgrade",
                42,
                TIME_MS,
                1,
                List.of(
                        new RestorePoint.ShardPoint(
                                SHARD, 30, 20, List.of(BucketKeys.journal(SHARD, 20)))),
                List.of(new NamedManifest("orders", PARTITION, new ManifestRef(1, 7))));
    }

    public static Hold hold() {
        return new Hold(
                "undelete-orders",
                "topic undelete",
                TIME_MS,
                List.of(BucketKeys.topicJson("orders", TOPIC)),
                List.of(new NamedManifest("orders", PARTITION, new ManifestRef(1, 7))));
    }

    public static ClusterIdentity identity() {
        return new ClusterIdentity(1, "Cluster-Id-1234567890A", TIME_MS);
    }

    public static GenerationClaim claim() {
        return new GenerationClaim(2, 1, "host-1 pid 77 00ff", "recover run", TIME_MS);
    }

    public static Cut cut() {
        return new Cut(
                2,
                1,
                "host-1 pid 77 00ff",
                TIME_MS,
                List.of(new Cut.ShardCut(SHARD, 20, new ShardId(2, 2, 0))),
                List.of(new Cut.PartitionCut(PARTITION, "orders", 1, 2, 100, 260, 131_072, 0)),
                2L << 40,
                List.of(new Cut.LoweredOffset("billing", "orders", 0, 270, 260)),
                null);
    }

    public static BrokerAlive alive() {
        return new BrokerAlive("1-00ff", 1, "PLAINTEXT://127.0.0.1:9092", TIME_MS);
    }

    public static TopicDocument topic() {
        return new TopicDocument(
                "orders", TOPIC, 2, Map.of("retention.ms", "1000", "cleanup.policy", "delete"));
    }
}
