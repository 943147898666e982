// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.checkpoint.CheckpointStore;
import io.varve.manifest.checkpoint.JournalRef;
import io.varve.manifest.checkpoint.ShardCheckpoint;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.manifest.whole.WholeObjects;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.PutMode;
import io.varve.recovery.audit.Audit;
import io.varve.recovery.audit.AuditFinding;
import io.varve.recovery.audit.AuditLevel;
import io.varve.recovery.audit.AuditOptions;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;

/// Random healthy buckets with one random damage each: an audit of all bytes names the one object,
/// and no other. `-Dsim.seed=N` replays one.
class AuditPropertyTest {
    private static final int RUNS = 12;

    private final long seed = seed();
    private final Random random = new Random(seed);

    private static long seed() {
        Long given = Long.getLong("sim.seed");
        return given != null ? given : new SecureRandom().nextLong();
    }

    private LivedCluster bucket() throws Exception {
        LivedCluster lived =
                random.nextBoolean()
                        ? AuditedBuckets.restored(random.nextLong())
                        : AuditedBuckets.lived(random.nextLong());
        BucketBuilder cluster = lived.cluster;
        for (int i = random.nextInt(8); i > 0; i--) {
            int partition = random.nextInt(3);
            cluster.append("orders", partition, 1 + random.nextInt(5));
            cluster.append("users", 0, 1 + random.nextInt(3));
            cluster.journalAll();
            if (random.nextBoolean()) {
                cluster.segment(cluster.id("orders", partition));
                segmentUsers(cluster);
            }
        }
        return lived;
    }

    /// After a restore a marker of the restore is in front, which only the bucket holds.
    static void segmentUsers(BucketBuilder cluster) throws IOException {
        if (cluster.generation == 1) {
            cluster.segment(cluster.id("users", 0));
        }
    }

    private void names(ObjectStore store, String what, String key) throws Exception {
        Set<String> keys =
                Audit.run(store, AuditOptions.of(AuditLevel.BYTES)).findings().stream()
                        .map(AuditFinding::key)
                        .collect(Collectors.toSet());
        assertThat(keys).as("seed=%d, %s: %s", seed, what, key).containsExactly(key);
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    @RepeatedTest(RUNS)
    void aByteThatIsFlipped() throws Exception {
        LivedCluster lived = bucket();
        List<ObjectInfo> objects = WholeObjects.list(lived.store, "");
        for (int i = 0; i < 6; i++) {
            String key = any(objects).key();
            byte[] whole = WholeObjects.read(lived.store, key);
            byte[] bytes = whole.clone();
            int at = random.nextInt(bytes.length);
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            put(lived.store, key, bytes);
            names(lived.store, "flipped at " + at + " of " + bytes.length, key);
            put(lived.store, key, whole);
        }
    }

    @RepeatedTest(RUNS)
    void anObjectThatIsGone() throws Exception {
        LivedCluster lived = bucket();
        List<String> needed = List.copyOf(needed(lived.store, lived.cluster));
        for (int i = 0; i < 6; i++) {
            String key = any(needed);
            byte[] whole = WholeObjects.read(lived.store, key);
            lived.store.delete(List.of(key));
            names(lived.store, "deleted", key);
            put(lived.store, key, whole);
        }
    }

    @RepeatedTest(RUNS)
    void anObjectThatIsStrange() throws Exception {
        LivedCluster lived = bucket();
        List<ObjectInfo> objects = WholeObjects.list(lived.store, "");
        String folder = any(objects).key().replaceAll("[^/]*$", "");
        String key = folder + "stray" + random.nextInt(100) + ".txt";
        if (BucketKeys.parse(key) instanceof ObjectName.Unknown) { // else a sign of life, or so
            put(lived.store, key, new byte[] {1});
            names(lived.store, "strange", key);
            lived.store.delete(List.of(key));
        }
        PartitionId id = lived.cluster.id("orders", random.nextInt(3));
        long base = random.nextInt(40);
        String orphan =
                BucketKeys.segment(
                        "orders", id, base, base + 1 + random.nextInt(9), 1, 3, random.nextLong());
        put(lived.store, orphan, new byte[random.nextInt(200)]);
        lived.clock.pass(Duration.ofHours(2));
        names(lived.store, "orphan", orphan);
    }

    private static void put(ObjectStore store, String key, byte[] bytes) throws Exception {
        store.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
    }

    /// What cannot go without being missed: not what is the state of a moment before (the newest
    /// journal of a shard, a manifest version that no checkpoint knows), nor what has a second.
    private static Set<String> needed(ObjectStore store, BucketBuilder cluster) throws Exception {
        Set<String> needed = new TreeSet<>();
        needed.add(BucketKeys.varveJson());
        for (int generation : ClusterFiles.generations(store)) {
            needed.add(BucketKeys.claim(generation));
            needed.add(BucketKeys.founder(generation));
        }
        for (BucketBuilder.Shard shard : cluster.shards.values()) {
            ShardCheckpoint checkpoint = CheckpointStore.newest(store, shard.id).orElse(null);
            if (checkpoint == null) {
                continue;
            }
            checkpoint.journals().stream().map(JournalRef::key).forEach(needed::add);
            needed.addAll(following(store, shard.id, checkpoint));
            for (PartitionState state : checkpoint.partitions()) {
                if (!state.topicRecord().isEmpty()) {
                    needed.add(BucketKeys.topicJson(state.topicName(), state.id().topicId()));
                }
                manifests(store, cluster, state, needed);
            }
        }
        return needed;
    }

    /// But for the newest.
    private static List<String> following(
            ObjectStore store, ShardId shard, ShardCheckpoint checkpoint) throws Exception {
        List<String> keys = new ArrayList<>();
        for (ObjectInfo object : WholeObjects.list(store, BucketKeys.journalPrefix(shard))) {
            if (BucketKeys.parse(object.key()) instanceof ObjectName.Journal name
                    && name.firstIndex() >= checkpoint.endIndex()) {
                keys.add(object.key());
            }
        }
        return keys.isEmpty() ? keys : keys.subList(0, keys.size() - 1);
    }

    private static void manifests(
            ObjectStore store, BucketBuilder cluster, PartitionState state, Set<String> needed)
            throws Exception {
        PartitionManifest newest =
                ManifestStore.newest(store, state.topicName(), state.id(), cluster.generation)
                        .orElse(null);
        if (newest == null) {
            return;
        }
        newest.entries().forEach(entry -> needed.add(entry.key(state.topicName(), state.id())));
        if (newest.ref().equals(state.manifest())) {
            needed.add(key(state, newest.ref()));
        }
        if (newest.version() > 1) {
            needed.add(key(state, new ManifestRef(newest.generation(), newest.version() - 1)));
        }
    }

    private static String key(PartitionState state, ManifestRef ref) {
        return BucketKeys.manifest(state.topicName(), state.id(), ref.generation(), ref.version());
    }
}
