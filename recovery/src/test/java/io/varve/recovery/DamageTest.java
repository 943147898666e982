// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.key.ObjectName;
import io.varve.objectstore.ObjectBody;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.ObjectStoreException;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Goal: whatever happens to one object of a bucket, a restore either brings back the same or says
/// which object is wrong; no partition is ever silently empty, no record is ever wrong. Method: a
/// cluster that was restored once and lived on; each of its objects is cut, flipped, deleted and
/// exchanged with another one of its kind, one at a time; then a plan is made, every partition is
/// read, and a run is tried.
class DamageTest {
    private static final int FLIPS = 5;

    private final BucketBuilder cluster;
    private final TreeMap<String, String> whole;
    private final Outcome undamaged;

    DamageTest() throws Exception {
        LivedCluster lived = new LivedCluster(8);
        cluster = lived.cluster;
        cluster.appendTransactional("users", 0, 2, 91, 0); // the restore aborts it by a marker
        cluster.journalAll();
        new RecoveryRun(
                        lived.store,
                        RecoveryOptions.careful("first").withForce(),
                        lived.clock,
                        step -> {})
                .run();
        cluster.openRestored(ClusterFiles.cut(lived.store, 2).orElseThrow());
        for (int i = 0; i < 3; i++) {
            cluster.append("orders", i, 4);
            cluster.append("users", 0, 1);
            cluster.commitOffset("readers", "orders", 0, 20 + i);
            cluster.journalAll();
            cluster.segment(cluster.id("orders", 0));
            if (i == 1) {
                cluster.checkpoint(0);
                cluster.checkpoint(1);
            }
        }
        for (var topic : cluster.topics.values()) {
            String key = BucketKeys.topicJson(topic.topicName(), topic.topicId());
            lived.store.put(key, bytes(topic.toLine()), PutMode.OVERWRITE);
        }
        whole = lived.objects();
        undamaged = restore(LivedCluster.store(whole, new ManualClock()));
        assertThat(undamaged.error).isNull();
        assertThat(undamaged.lost).isEmpty();
    }

    private static ObjectBody bytes(String text) {
        return ObjectBody.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /// What somebody who restores gets to see.
    private static final class Outcome {
        @org.jspecify.annotations.Nullable String error;
        List<Finding> lost = List.of();
        List<Finding> all = List.of();
        String groups = "";
        final Map<String, String> topics = new TreeMap<>();
        final Map<PartitionId, List<String>> records = new TreeMap<>();
        final Map<PartitionId, String> readErrors = new TreeMap<>();

        boolean sameAs(Outcome other) {
            return error == null
                    && lost.isEmpty()
                    && groups.equals(other.groups)
                    && topics.equals(other.topics)
                    && records.equals(other.records)
                    && readErrors.isEmpty();
        }

        boolean names(String key) {
            return (error != null && error.contains(key))
                    || readErrors.values().stream().anyMatch(message -> message.contains(key))
                    || all.stream()
                            .anyMatch(finding ->
                                    key.startsWith(finding.key())
                                            || finding.message().contains(key));
        }
    }

    @TestFactory
    List<DynamicTest> everyObjectOfEveryKind() {
        List<DynamicTest> tests = new ArrayList<>();
        Set<String> kinds = new TreeSet<>();
        for (String key : whole.keySet()) {
            kinds.add(kind(key));
            tests.add(
                    DynamicTest.dynamicTest(
                            kind(key) + " " + key,
                            () -> {
                                truncated(key);
                                flipped(key);
                                deleted(key);
                                exchanged(key);
                            }));
        }
        assertThat(kinds)
                .containsExactlyInAnyOrder(
                        "Identity",
                        "Claim",
                        "CutOf",
                        "Founder",
                        "Alive",
                        "Journal",
                        "RollUp",
                        "Checkpoint",
                        "TopicJson",
                        "Segment",
                        "Manifest");
        return tests;
    }

    private static String kind(String key) {
        return BucketKeys.parse(key).getClass().getSimpleName();
    }

    private void truncated(String key) throws Exception {
        byte[] bytes = HexFormat.of().parseHex(whole.get(key));
        for (int length : new int[] {0, 1, bytes.length / 2, bytes.length - 1}) {
            check(key, java.util.Arrays.copyOf(bytes, length), "cut to " + length, key);
        }
    }

    private void flipped(String key) throws Exception {
        byte[] bytes = HexFormat.of().parseHex(whole.get(key));
        Random random = new Random(key.hashCode());
        for (int i = 0; i < FLIPS; i++) {
            byte[] changed = bytes.clone();
            int at = random.nextInt(bytes.length);
            changed[at] ^= (byte) (1 << random.nextInt(8));
            check(key, changed, "flipped at " + at, key);
        }
    }

    private void deleted(String key) throws Exception {
        MemoryObjectStore store = LivedCluster.store(whole, new ManualClock());
        store.delete(List.of(key));
        check(store, "deleted", key);
    }

    private void exchanged(String key) throws Exception {
        for (String other : whole.tailMap(key, false).keySet()) {
            if (kind(other).equals(kind(key))) {
                MemoryObjectStore store = LivedCluster.store(whole, new ManualClock());
                put(store, key, HexFormat.of().parseHex(whole.get(other)));
                put(store, other, HexFormat.of().parseHex(whole.get(key)));
                check(store, "exchanged with " + other, key, other);
                return;
            }
        }
    }

    private static void put(ObjectStore store, String key, byte[] bytes)
            throws ObjectStoreException {
        store.put(key, ObjectBody.of(bytes), PutMode.OVERWRITE);
    }

    private void check(String key, byte[] bytes, String what, String named) throws Exception {
        MemoryObjectStore store = LivedCluster.store(whole, new ManualClock());
        put(store, key, bytes);
        check(store, what, named);
    }

    private void check(MemoryObjectStore store, String what, String... keys) throws Exception {
        Outcome outcome = restore(store);
        String description = what + ": " + String.join(", ", keys);
        assertNoWrongRecords(outcome, description);
        if (outcome.sameAs(undamaged) || isOlderState(what, keys[0], outcome)) {
            return;
        }
        assertThat(List.of(keys))
                .as(
                        "%s%nerror %s%nlost %s%nread %s",
                        description, outcome.error, outcome.lost, outcome.readErrors)
                .anyMatch(outcome::names);
        assertThat(
                        outcome.error != null
                                || !outcome.lost.isEmpty()
                                || !outcome.readErrors.isEmpty())
                .as(description)
                .isTrue();
        tryToRun(store, description);
    }

    /// The newest journal of a shard that is not closed: without it the bucket is that of a moment
    /// before. Only segment objects that go further can tell.
    private boolean isOlderState(String what, String key, Outcome outcome) {
        return what.equals("deleted")
                && BucketKeys.parse(key) instanceof ObjectName.Journal journal
                && journal.shard().generation() == 2
                && whole.tailMap(key, false).keySet().stream()
                        .noneMatch(later ->
                                later.startsWith(BucketKeys.journalPrefix(journal.shard())))
                && outcome.error == null
                && outcome.lost.stream().allMatch(lost -> lost.kind() == Finding.Kind.JOURNAL_HOLE)
                && outcome.readErrors.isEmpty();
    }

    private void assertNoWrongRecords(Outcome outcome, String description) {
        outcome.records.forEach((id, found) -> {
            Set<String> truth = new HashSet<>(undamaged.records.getOrDefault(id, List.of()));
            if (!id.topicId().equals(org.apache.kafka.common.Uuid.METADATA_TOPIC_ID)) {
                assertThat(truth).as("%s: records of %s", description, id).containsAll(found);
            }
            if (outcome.error == null && outcome.lost.isEmpty()) {
                boolean shorter = found.size() < undamaged.records.get(id).size();
                assertThat(shorter && found.isEmpty() && !outcome.readErrors.containsKey(id))
                        .as("%s: partition %s silently empty", description, id)
                        .isFalse();
            }
        });
    }

    /// Everything that a person can do without writing.
    private static Outcome restore(ObjectStore store) throws ObjectStoreException {
        Outcome outcome = new Outcome();
        RecoveryPlan plan;
        try {
            plan = RecoveryPlanner.plan(store);
        } catch (RecoveryException e) {
            outcome.error = e.getMessage();
            return outcome;
        }
        outcome.lost = plan.lost();
        outcome.all = plan.findings();
        outcome.groups = plan.groups().toString();
        for (TopicPlan topic : plan.topics()) {
            outcome.topics.put(topic.name(), topic.id() + " " + topic.configs());
            for (PartitionPlan partition : topic.partitions()) {
                String state =
                        partition.logStart()
                                + " "
                                + partition.endOffset()
                                + " "
                                + partition.state().producers();
                outcome.topics.put(topic.name() + "-" + partition.id().partition(), state);
                read(store, partition, outcome);
            }
        }
        return outcome;
    }

    private static void read(ObjectStore store, PartitionPlan partition, Outcome outcome)
            throws ObjectStoreException {
        List<String> records = new ArrayList<>();
        outcome.records.put(partition.id(), records);
        try {
            new PartitionContent(store, partition)
                    .read(
                            partition.logStart(),
                            batch -> {
                                byte[] bytes = new byte[batch.sizeInBytes()];
                                batch.bytes().get(bytes);
                                records.add(HexFormat.of().formatHex(bytes));
                                return true;
                            });
        } catch (io.varve.manifest.CorruptObjectException | ObjectStoreException.NotFound e) {
            outcome.readErrors.put(partition.id(), String.valueOf(e.getMessage()));
        } catch (io.varve.manifest.VersionTooNewException e) {
            outcome.readErrors.put(partition.id(), String.valueOf(e.getMessage()));
        }
    }

    /// Refused with a reason, or done: nothing else.
    private static void tryToRun(ObjectStore store, String description)
            throws ObjectStoreException {
        try {
            new RecoveryRun(
                            store,
                            RecoveryOptions.careful("second").withForce(),
                            new ManualClock(),
                            step -> {})
                    .run();
        } catch (RecoveryException e) {
            assertThat(e.getMessage()).as(description).isNotEmpty();
        }
    }
}
