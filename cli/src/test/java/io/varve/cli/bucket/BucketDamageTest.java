// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.Run;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.BrokerAlive;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.ClusterIdentity;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.hold.Hold;
import io.varve.manifest.hold.MarkerCodec;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.partition.ManifestRank;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.topic.TopicDocument;
import io.varve.manifest.whole.JsonDocument;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStores;
import io.varve.objectstore.PutMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `bucket` and `recover` say of objects that are damaged, too new or nobody's: one line that
/// names the object, no stack trace, the exit code of the contract.
class BucketDamageTest {
    private static final String CLUSTER = "q5nKQQJgTsmYWsLDJmvKxA";
    private static final PartitionId ORDERS = new PartitionId(new Uuid(5, 6), 0);
    private static final PartitionId METADATA = new PartitionId(Uuid.METADATA_TOPIC_ID, 0);
    private static final ShardId DATA = new ShardId(1, 1, 0);

    @TempDir Path folder;
    private String bucket;
    private final TreeMap<String, byte[]> whole = new TreeMap<>();

    @BeforeEach
    void makeASmallCluster() throws Exception {
        bucket = folder.resolve("bucket").toUri().toString();
        try (ObjectStore store = ObjectStores.open(bucket)) {
            ClusterFiles.createIdentity(store, new ClusterIdentity(1, CLUSTER, 1_000));
            ClusterFiles.claim(store, new GenerationClaim(1, 0, "t", "founded", 0));
            BrokerAlive alive = new BrokerAlive("1-aa", 1, "PLAINTEXT://127.0.0.1:1", 0);
            ClusterFiles.found(store, 1, alive);
            ClusterFiles.sayAlive(store, 1, alive);
            TopicDocument topic = new TopicDocument("orders", ORDERS.topicId(), 1, Map.of());
            topic.write(store);
            journal(store, new ShardId(1, 0, 0), METADATA, "__cluster_metadata", "", false);
            journal(store, DATA, ORDERS, "orders", topic.toLine(), true);
            ManifestRank rank = new ManifestRank(1, 0, 1);
            ManifestStore.commit(store, PartitionManifest.first("orders", ORDERS, rank, 0));
            CheckpointStore.put(
                    store,
                    new ShardCheckpoint(
                            CLUSTER,
                            new ShardId(1, 7, 0),
                            5,
                            1,
                            0,
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of()));
            Hold hold = new Hold("someone", "test", 0, List.of(), List.of());
            store.put(hold.key(), ObjectBody.of(MarkerCodec.encode(hold)), PutMode.IF_ABSENT);
            for (ObjectInfo object : WholeObjects.list(store, "")) {
                whole.put(object.key(), WholeObjects.read(store, object.key()));
            }
        }
    }

    private static void journal(
            ObjectStore store,
            ShardId shard,
            PartitionId id,
            String topic,
            String record,
            boolean records)
            throws Exception {
        PartitionLedger ledger = PartitionLedger.open(id, topic, record, 0, 0);
        PackWriter writer = PackWriter.inMemory();
        SectionBuilder section = writer.section(ledger);
        section.fact(new ControlFact.Opened(0, 0, record));
        if (records) {
            ByteBuffer batch =
                    MemoryRecords.withRecords(
                                    Compression.NONE, new SimpleRecord(7, utf8("k"), utf8("hello")))
                            .buffer();
            BatchHeader.at(batch, batch.position()).setPartitionLeaderEpoch(1);
            section.append(batch, 7);
        }
        store.put(
                BucketKeys.journal(shard, 0),
                writer.finish(
                                new PackFacts(
                                        PackKind.JOURNAL, CLUSTER, shard, 0, 2, 1, 1, 0, "t", 0))
                        .body(),
                PutMode.IF_ABSENT);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void put(String key, byte[] bytes) throws Exception {
        try (ObjectStore store = ObjectStores.open(bucket)) {
            store.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
        }
    }

    private Run run(String command) {
        return Run.of((command + " --bucket " + bucket).split(" "));
    }

    private static void isOneClearLine(Run run, String named) {
        assertThat(run.err().lines().toList()).as("one line: %s", run.err()).hasSize(1);
        assertThat(run.err())
                .contains(named)
                .doesNotContain("Exception", "at io.varve", "java.lang", "null:");
    }

    @Test
    void everyWholeObjectIsShownAndThePartitionIsRead() {
        for (String key : whole.keySet()) {
            Run run = run("bucket show " + key);
            assertThat(run.exitCode()).as("%s: %s", key, run.err()).isZero();
            assertThat(run.out()).as(key).isNotBlank();
        }
        Run cat = run("bucket cat orders/0");
        assertThat(cat.err()).isEmpty();
        assertThat(cat.exitCode()).isZero();
        assertThat(cat.out()).contains("hello");
    }

    @Test
    void aDamagedObjectIsNamedAndNotShown() throws Exception {
        for (Map.Entry<String, byte[]> object : whole.entrySet()) {
            String key = object.getKey();
            byte[] bytes = object.getValue();
            List<byte[]> damaged = new ArrayList<>();
            damaged.add(new byte[0]);
            damaged.add(java.util.Arrays.copyOf(bytes, bytes.length - 1));
            byte[] flipped = bytes.clone();
            flipped[bytes.length - 20] ^= 1;
            damaged.add(flipped);
            for (byte[] each : damaged) {
                put(key, each);
                Run run = run("bucket show " + key);
                assertThat(run.exitCode()).as("%s: %s", key, run.err()).isEqualTo(1);
                assertThat(run.out()).as(key).isEmpty();
                isOneClearLine(run, key);
            }
            put(key, bytes);
        }
    }

    @Test
    void aTooNewObjectAsksForANewerVarve() throws Exception {
        for (String key : whole.keySet()) {
            byte[] bytes = whole.get(key);
            if (bytes[0] != '{') {
                continue;
            }
            String format =
                    JsonDocument.parse(new String(bytes, StandardCharsets.UTF_8), key)
                            .text("format");
            put(key, JsonDocument.write(format, 99, JsonDocument.node().put("later", true)));

            Run run = run("bucket show " + key);

            assertThat(run.exitCode()).as("%s: %s", key, run.err()).isEqualTo(2);
            isOneClearLine(run, key);
            assertThat(run.err()).contains("newer varve");
            put(key, bytes);
        }
    }

    @Test
    void foreignObjectsAreListedAndNeitherShownNorInTheWay() throws Exception {
        put("holiday.jpg", new byte[] {1, 2, 3});
        put("topics/orders/readme.txt", new byte[] {1});

        assertThat(run("bucket ls").out()).contains("holiday.jpg", "readme.txt");
        Run show = run("bucket show holiday.jpg");
        assertThat(show.exitCode()).isEqualTo(2);
        isOneClearLine(show, "holiday.jpg");
        assertThat(run("bucket cat orders/0").exitCode()).isZero();
    }

    @Test
    void aBadPrefixAndABadKeyAreRefusedInOneLine() {
        Run ls = run("bucket ls a//b");
        assertThat(ls.exitCode()).isEqualTo(2);
        isOneClearLine(ls, "a//b");
        Run show = run("bucket show ../../etc/passwd");
        assertThat(show.exitCode()).isEqualTo(2);
        isOneClearLine(show, "../../etc/passwd");
    }

    @Test
    void catSaysWhatIsMissingAndDoesNotPassForWhole() throws Exception {
        String key = BucketKeys.journal(DATA, 0);
        byte[] damaged = whole.get(key).clone();
        damaged[damaged.length / 2] ^= 1;
        put(key, damaged);

        Run run = run("bucket cat orders/0");

        assertThat(run.exitCode()).isIn(1, 2);
        assertThat(run.err()).doesNotContain("Exception", "at io.varve");
        Run plan = run("recover plan --cluster");
        assertThat(plan.exitCode()).isEqualTo(1);
        assertThat(plan.out()).contains(key);
    }

    @Test
    void planRunAndVerifyNameADamagedIdentityInOneLine() throws Exception {
        put("varve.json", new byte[] {'{'});
        for (String command :
                List.of(
                        "recover plan --cluster",
                        "recover run --cluster --yes",
                        "bucket cat orders/0")) {
            Run run = run(command);
            assertThat(run.exitCode()).as(command).isEqualTo(2);
            isOneClearLine(run, "varve.json");
            assertThat(run.err()).contains("bring that object back");
        }
        put(
                "varve.json",
                JsonDocument.write("varve-cluster", 9, JsonDocument.node().put("later", true)));
        for (String command : List.of("recover plan --cluster", "recover run --cluster --yes")) {
            Run run = run(command);
            assertThat(run.exitCode()).as(command).isEqualTo(2);
            isOneClearLine(run, "varve.json");
            assertThat(run.err()).contains("newer varve");
        }
    }
}
