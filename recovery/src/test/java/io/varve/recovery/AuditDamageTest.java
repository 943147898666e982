// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.generation.ClusterFiles;
import io.varve.manifest.generation.GenerationClaim;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.partition.Gap;
import io.varve.manifest.partition.ManifestCodec;
import io.varve.manifest.partition.ManifestStore;
import io.varve.manifest.partition.PartitionManifest;
import io.varve.manifest.state.EpochStart;
import io.varve.objectstore.ObjectStore;
import io.varve.objectstore.memory.MemoryObjectStore;
import io.varve.recovery.Finding.Kind;
import io.varve.recovery.Finding.Severity;
import io.varve.recovery.audit.Audit;
import io.varve.recovery.audit.AuditFinding;
import io.varve.recovery.audit.AuditLevel;
import io.varve.recovery.audit.AuditOptions;
import io.varve.recovery.audit.AuditReport;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// One damage each: the audit says what it is, by its key and nothing else, from the level on that
/// can know it. Below that level it says nothing, or something of the same key.
class AuditDamageTest {
    private interface Damage {
        /// @return the key that is to be named
        String to(DamagedBucket bucket) throws Exception;
    }

    private record Case(
            String name, Kind kind, Severity severity, AuditLevel from, Damage damage) {}

    private static Case of(String name, Kind kind, Severity severity, Damage damage) {
        return new Case(name, kind, severity, AuditLevel.NAMES, damage);
    }

    private static Case inIndexes(String name, Kind kind, Severity severity, Damage damage) {
        return new Case(name, kind, severity, AuditLevel.INDEXES, damage);
    }

    @TestFactory
    Stream<DynamicTest> documents() {
        return tests(
                of("no identity", Kind.MISSING_OBJECT, Severity.LOST, b -> b.gone("varve.json")),
                of(
                        "no claim",
                        Kind.MISSING_OBJECT,
                        Severity.WARNING,
                        b -> b.gone(BucketKeys.claim(1))),
                of(
                        "no founder",
                        Kind.MISSING_OBJECT,
                        Severity.WARNING,
                        b -> b.gone(BucketKeys.founder(1))),
                of(
                        "damaged identity",
                        Kind.CRC_MISMATCH,
                        Severity.CORRUPT,
                        b -> b.flipped("varve.json", 40)),
                of(
                        "a later format",
                        Kind.VERSION_TOO_NEW,
                        Severity.WARNING,
                        b -> b.tooNew(BucketKeys.founder(1), "varve-alive")),
                of(
                        "a restore was begun",
                        Kind.UNFINISHED_GENERATION,
                        Severity.WARNING,
                        b -> {
                            ClusterFiles.claim(b.store, new GenerationClaim(2, 1, "r", "test", 0));
                            return BucketKeys.claim(2);
                        }),
                of(
                        "something foreign",
                        Kind.FOREIGN_OBJECT,
                        Severity.WARNING,
                        b -> b.put("holiday.jpg", new byte[] {1, 2})),
                of(
                        "something foreign among topics",
                        Kind.FOREIGN_OBJECT,
                        Severity.WARNING,
                        b -> b.put("topics/orders/readme.txt", new byte[] {1, 2})),
                of(
                        "something foreign among shards",
                        Kind.FOREIGN_OBJECT,
                        Severity.WARNING,
                        b -> b.put("shards/~mine", new byte[] {1, 2})),
                of(
                        "no copy of a topic",
                        Kind.MISSING_OBJECT,
                        Severity.WARNING,
                        b -> b.gone(BucketKeys.topicJson("orders", b.orders.topicId()))),
                of(
                        "a restore point without its journal",
                        Kind.RESTORE_POINT_BROKEN,
                        Severity.LOST,
                        DamagedBucket::restorePointOfNothing),
                of(
                        "a damaged restore point",
                        Kind.RESTORE_POINT_BROKEN,
                        Severity.CORRUPT,
                        b -> b.put(BucketKeys.restorePoint(1, "x"), new byte[] {'{'})));
    }

    @TestFactory
    Stream<DynamicTest> manifests() {
        return tests(
                of(
                        "damaged",
                        Kind.UNREADABLE_MANIFEST,
                        Severity.CORRUPT,
                        b -> b.flipped(b.manifestKey(b.newest()), 60)),
                of(
                        "too new",
                        Kind.VERSION_TOO_NEW,
                        Severity.WARNING,
                        b -> b.tooNew(b.manifestKey(b.newest()), "varve-manifest")),
                of(
                        "of another partition",
                        Kind.WRONG_IDENTITY,
                        Severity.CORRUPT,
                        b ->
                                b.put(
                                        b.manifestKey(b.newest()),
                                        ManifestCodec.encode(b.newest(b.cluster.id("orders", 1))))),
                of(
                        "without the version before",
                        Kind.MANIFEST_VERSION_HOLE,
                        Severity.WARNING,
                        b -> b.gone(b.versionKey(b.newest().version() - 1))),
                of(
                        "that replaced another one",
                        Kind.MANIFEST_CHAIN_BROKEN,
                        Severity.CORRUPT,
                        DamagedBucket::anotherBefore),
                of(
                        "with a hole",
                        Kind.GAP,
                        Severity.LOST,
                        b ->
                                b.changed(manifest ->
                                        DamagedBucket.with(
                                                manifest,
                                                manifest.entries()
                                                        .subList(1, manifest.entries().size()),
                                                manifest.gaps()))),
                of(
                        "that overlaps",
                        Kind.OVERLAP,
                        Severity.CORRUPT,
                        b ->
                                b.changed(manifest ->
                                        DamagedBucket.with(
                                                manifest,
                                                manifest.entries(),
                                                List.of(new Gap(1, 3, Gap.Reason.DELETED))))),
                of(
                        "that says it lost records",
                        Kind.GAP,
                        Severity.WARNING,
                        DamagedBucket::recordedLoss),
                of(
                        "that ends in front of its start",
                        Kind.END_BEFORE_START,
                        Severity.CORRUPT,
                        b -> b.changed(manifest -> DamagedBucket.withStart(manifest, 1_000))),
                of(
                        "of a lower rank",
                        Kind.RANK_REGRESSION,
                        Severity.CORRUPT,
                        b -> b.changed(DamagedBucket::ofLowerRank)),
                of(
                        "with epochs that go back",
                        Kind.EPOCH_REGRESSION,
                        Severity.CORRUPT,
                        b ->
                                b.changed(manifest ->
                                        DamagedBucket.withEpochs(
                                                manifest,
                                                List.of(
                                                        new EpochStart(5, 0),
                                                        new EpochStart(4, 3))))),
                of(
                        "that dooms what it names",
                        Kind.NAMED_BUT_DOOMED,
                        Severity.CORRUPT,
                        DamagedBucket::doomedAndNamed));
    }

    @TestFactory
    Stream<DynamicTest> segments() {
        return tests(
                of("gone", Kind.MISSING_OBJECT, Severity.LOST, b -> b.gone(b.segment())),
                of(
                        "longer",
                        Kind.SIZE_MISMATCH,
                        Severity.CORRUPT,
                        b -> b.cutTo(b.segment(), b.read(b.segment()).length + 1)),
                inIndexes(
                        "cut short",
                        Kind.TRUNCATED_PACK,
                        Severity.CORRUPT,
                        b -> b.cutTo(b.segment(), b.read(b.segment()).length / 2)),
                inIndexes(
                        "with a damaged index",
                        Kind.CRC_MISMATCH,
                        Severity.CORRUPT,
                        b -> b.flipped(b.segment(), b.read(b.segment()).length - 50)),
                inIndexes(
                        "of another partition",
                        Kind.WRONG_IDENTITY,
                        Severity.CORRUPT,
                        b -> b.put(b.segment(), b.read(b.segment(b.cluster.id("orders", 1))))),
                inIndexes(
                        "of which the manifest tells other counts",
                        Kind.BATCH_MISMATCH,
                        Severity.CORRUPT,
                        DamagedBucket::otherCounts),
                new Case(
                        "with a damaged record",
                        Kind.CRC_MISMATCH,
                        Severity.CORRUPT,
                        AuditLevel.BYTES,
                        b -> b.flipped(b.segment(), 100)),
                of(
                        "that nothing names",
                        Kind.ORPHAN,
                        Severity.WARNING,
                        DamagedBucket::strayAndOld));
    }

    @TestFactory
    Stream<DynamicTest> shards() {
        return tests(
                of(
                        "a damaged checkpoint",
                        Kind.UNREADABLE_CHECKPOINT,
                        Severity.WARNING,
                        b -> b.flipped(b.newestCheckpoint(1), 30)),
                of(
                        "a journal that the checkpoint names is gone",
                        Kind.MISSING_OBJECT,
                        Severity.LOST,
                        b -> b.gone(b.cluster.shard(2).journals.get(1).key())),
                of(
                        "a first journal is gone",
                        Kind.JOURNAL_HOLE,
                        Severity.LOST,
                        DamagedBucket::holeBehindTheCheckpoint),
                inIndexes(
                        "a journal in between is gone",
                        Kind.JOURNAL_HOLE,
                        Severity.LOST,
                        DamagedBucket::holeBetweenJournals),
                inIndexes(
                        "the newest journal is gone, its records are archived",
                        Kind.JOURNAL_HOLE,
                        Severity.LOST,
                        DamagedBucket::newestJournalGone),
                inIndexes(
                        "a journal cut short",
                        Kind.TRUNCATED_PACK,
                        Severity.CORRUPT,
                        b -> b.cutTo(b.newestJournal(1), 100)),
                inIndexes(
                        "a journal under another one's name",
                        Kind.WRONG_IDENTITY,
                        Severity.CORRUPT,
                        b -> b.put(b.newestJournal(1), b.read(b.newestJournal(2)))),
                new Case(
                        "a damaged record",
                        Kind.CRC_MISMATCH,
                        Severity.CORRUPT,
                        AuditLevel.BYTES,
                        b -> b.flipped(b.newestJournal(1), 100)),
                inIndexes(
                        "a journal that is needed is doomed",
                        Kind.NAMED_BUT_DOOMED,
                        Severity.CORRUPT,
                        DamagedBucket::neededAndDoomed));
    }

    @Test
    void whatAnOlderGenerationAddsBehindTheCutDoesNotCount() throws Exception {
        LivedCluster restored = AuditedBuckets.lived(9);
        PartitionManifest newest = new DamagedBucket(restored).newest();
        AuditedBuckets.restore(restored);
        ManifestStore.commit(restored.store, newest.apply(newest.rank(), List.of()));
        DamagedBucket damaged = new DamagedBucket(restored);
        names(
                damaged.store,
                of("", Kind.TWO_GENERATIONS, Severity.WARNING, b -> ""),
                damaged.versionKey(newest.version() + 1));
    }

    @Test
    void aRestoredShardWithoutCheckpointIsLost() throws Exception {
        LivedCluster restored = AuditedBuckets.lived(10);
        AuditedBuckets.restore(restored);
        DamagedBucket damaged = new DamagedBucket(restored);
        String key = damaged.gone(BucketKeys.checkpoint(new ShardId(2, 1, 0), 0));
        names(damaged.store, of("", Kind.MISSING_CHECKPOINT, Severity.LOST, b -> ""), key);
    }

    /// Found by [AuditPropertyTest]: the journals behind it were said to follow on nothing.
    @Test
    void aDamagedFirstCheckpointOfARestoredShardIsOneCause() throws Exception {
        DamagedBucket damaged = new DamagedBucket(AuditedBuckets.restored(12));
        String key = damaged.flipped(BucketKeys.checkpoint(new ShardId(2, 2, 0), 0), 100);
        names(damaged.store, of("", Kind.UNREADABLE_CHECKPOINT, Severity.CORRUPT, b -> ""), key);
    }

    @Test
    void whatIsDoomedIsOverdueWhenBrokersLivedLongBehindItsTime() throws Exception {
        BucketBuilder cluster = AuditedBuckets.small(Map.of());
        PartitionId id = cluster.id("short", 0);
        String key = AuditedBuckets.firstSegment(cluster, "short");
        cluster.moveLogStart("short", 0, 3);
        cluster.append("short", 0, 1);
        cluster.journalAll();
        cluster.segment(id);
        cluster.clock.pass(Duration.ofHours(30));
        assertThat(Audit.run(cluster.store, AuditOptions.of(AuditLevel.BYTES)).findings())
                .as("nobody lived to delete it")
                .isEmpty();
        cluster.sayAlive();
        names(cluster.store, of("", Kind.DOOMED_OVERDUE, Severity.WARNING, b -> ""), key);
    }

    @Test
    void recordsAreOverdueWhenTheirTopicKeepsThemForLess() throws Exception {
        BucketBuilder cluster = AuditedBuckets.small(Map.of("retention.ms", "1000"));
        cluster.clock.pass(Duration.ofHours(26));
        cluster.sayAlive();
        names(
                cluster.store,
                of("", Kind.RETENTION_OVERDUE, Severity.WARNING, b -> ""),
                AuditedBuckets.firstSegment(cluster, "short"));
        BucketBuilder full = AuditedBuckets.small(Map.of("retention.bytes", "10"));
        full.clock.pass(Duration.ofHours(26));
        full.sayAlive();
        names(
                full.store,
                of("", Kind.RETENTION_OVERDUE, Severity.WARNING, b -> ""),
                AuditedBuckets.firstSegment(full, "short"));
    }

    @Test
    void aCutThatIsGoneIsMissedWhenItsGenerationWasOpened() throws Exception {
        DamagedBucket damaged = new DamagedBucket(AuditedBuckets.restored(11));
        String key = damaged.gone(BucketKeys.cut(2));
        AuditReport report = Audit.run(damaged.store, AuditOptions.of(AuditLevel.INDEXES));
        assertThat(report.findings().getFirst())
                .satisfies(finding -> {
                    assertThat(finding.kind()).isEqualTo(Kind.MISSING_OBJECT);
                    assertThat(finding.severity()).isEqualTo(Severity.LOST);
                    assertThat(finding.key()).isEqualTo(key);
                });
    }

    @Test
    void anOrphanThatIsYoungIsOnItsWay() throws Exception {
        DamagedBucket bucket = new DamagedBucket();
        MemoryObjectStore store = bucket.store;
        String stray = bucket.stray();
        for (AuditLevel level : AuditLevel.values()) {
            assertThat(Audit.run(store, AuditOptions.of(level)).findings()).isEmpty();
            assertThat(
                            Audit.run(
                                            store,
                                            AuditOptions.of(level)
                                                    .withGrace(Duration.ofSeconds(-1)))
                                    .findings())
                    .extracting(AuditFinding::key)
                    .contains(stray);
        }
    }

    @Test
    void onlyTheTopicsThatAreAskedForAreLookedAt() throws Exception {
        DamagedBucket bucket = new DamagedBucket();
        MemoryObjectStore store = bucket.store;
        String gone = bucket.gone(bucket.segment());
        bucket.put("holiday.jpg", new byte[] {1});
        AuditOptions options = AuditOptions.of(AuditLevel.BYTES);
        assertThat(Audit.run(store, options.withTopics(java.util.Set.of("users"))).findings())
                .isEmpty();
        assertThat(Audit.run(store, options.withTopics(java.util.Set.of("orders"))).findings())
                .extracting(AuditFinding::key)
                .containsExactly(gone);
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> Audit.run(store, options.withTopics(java.util.Set.of("nothing"))))
                .isInstanceOf(RecoveryException.class)
                .hasMessageContaining("nothing");
    }

    private static Stream<DynamicTest> tests(Case... cases) {
        return Arrays.stream(cases)
                .map(each ->
                        DynamicTest.dynamicTest(
                                each.name() + ": " + each.kind().label(),
                                () -> {
                                    DamagedBucket bucket = new DamagedBucket();
                                    names(bucket.store, each, each.damage().to(bucket));
                                }));
    }

    private static void names(ObjectStore store, Case each, String key) throws Exception {
        for (AuditLevel level : AuditLevel.values()) {
            AuditReport report = Audit.run(store, AuditOptions.of(level));
            assertThat(report.findings())
                    .as("%s at %s", each.name(), level)
                    .allSatisfy(finding -> assertThat(finding.key()).isEqualTo(key))
                    .allSatisfy(finding -> assertThat(finding.message()).contains(key))
                    .allSatisfy(finding -> assertThat(finding.remedy()).isNotEmpty());
            if (level.includes(each.from())) {
                assertThat(report.findings())
                        .as("%s at %s", each.name(), level)
                        .anySatisfy(finding -> {
                            assertThat(finding.kind()).isEqualTo(each.kind());
                            assertThat(finding.severity()).isEqualTo(each.severity());
                        });
            } else {
                assertThat(report.findings())
                        .as("%s at %s", each.name(), level)
                        .noneMatch(finding -> finding.kind() == each.kind());
            }
            assertThat(report.counts().values().stream().mapToLong(Long::longValue).sum())
                    .isEqualTo(report.findings().size());
        }
    }

    @Test
    void everyKindThatCanOccurHasItsDamage() {
        TreeSet<Kind> tried = new TreeSet<>();
        Stream.of(documents(), manifests(), segments(), shards())
                .flatMap(tests -> tests)
                .forEach(test ->
                        tried.add(
                                Kind.valueOf(
                                        test.getDisplayName()
                                                .replaceAll(".*: ", "")
                                                .toUpperCase(java.util.Locale.ROOT)
                                                .replace('-', '_'))));
        tried.addAll( // these need another cluster
                List.of(
                        Kind.TWO_GENERATIONS,
                        Kind.MISSING_CHECKPOINT,
                        Kind.DOOMED_OVERDUE,
                        Kind.RETENTION_OVERDUE));
        assertThat(tried).containsExactlyInAnyOrder(Kind.values());
    }
}
