// SPDX-License-Identifier: Apache-2.0
package io.varve.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.archiver.RecordedHotTier.Leader;
import io.varve.manifest.PartitionId;
import io.varve.manifest.ShardId;
import io.varve.manifest.key.BucketKeys;
import io.varve.manifest.pack.ControlFact;
import io.varve.manifest.pack.PackFacts;
import io.varve.manifest.pack.PackIndex;
import io.varve.manifest.pack.PackKind;
import io.varve.manifest.pack.PackReader;
import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.state.PartitionState.ManifestRef;
import io.varve.objectstore.PutMode;
import io.varve.objectstore.memory.MemoryObjectStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalerTest {
    private static final int INTERVAL_MS = 5_000;

    @TempDir Path temporary;

    private final ManualClock clock = new ManualClock();
    private final MemoryObjectStore memory = new MemoryObjectStore(clock);
    private final SeamStore store = new SeamStore(memory);
    private final RecordedHotTier tier = new RecordedHotTier(clock);
    private ArchiveContext context;
    private PartitionId orders;

    @BeforeEach
    void openOnePartition() {
        context =
                new ArchiveContext(
                        store,
                        "cluster-1",
                        "test",
                        temporary,
                        ArchiveSettings.defaults(),
                        clock,
                        RandomGenerator.of("L64X128MixRandom"));
        orders = tier.open("orders", 0);
    }

    @Test
    void shipsNothingBeforeTheIntervalAndOneJournalAfterIt() throws Exception {
        Journaler journaler = journaler(tier.leader());
        tier.append(orders, 3, 100);

        assertThat(journaler.step()).isInstanceOf(StepResult.Idle.class);
        clock.advanceMs(INTERVAL_MS);
        untilIdle(journaler);

        PackIndex index = PackReader.open(memory, BucketKeys.journal(tier.shard, 0));
        assertThat(index.facts().endIndex()).isEqualTo(2);
        assertThat(index.section(orders).orElseThrow().endOffset()).isEqualTo(3);
        assertThat(store.operations).containsExactly("put " + BucketKeys.journal(tier.shard, 0));
    }

    @Test
    void shipsAnIdleShardWithoutARequest() {
        Leader leader = tier.leader();
        Journaler journaler = journaler(leader);
        tier.append(orders, 1, 10);
        clock.advanceMs(INTERVAL_MS);
        untilIdle(journaler);
        clock.advanceMs(INTERVAL_MS);
        untilIdle(journaler);
        store.operations.clear();

        tier.commit(new CommittedFrame.Archived(orders, 1, new ManifestRef(1, 1)));
        tier.commit();
        for (int i = 0; i < 100; i++) {
            clock.advanceMs(INTERVAL_MS);
            untilIdle(journaler);
        }

        assertThat(store.operations).isEmpty();
    }

    @Test
    void coversEntriesWithoutRecordsByTheNextJournal() throws Exception {
        Journaler journaler = journaler(tier.leader());
        tier.append(orders, 1, 10);
        ship(journaler);
        tier.commit(new CommittedFrame.Archived(orders, 1, new ManifestRef(1, 1)));
        tier.commit();
        tier.append(orders, 1, 10);
        ship(journaler);

        PackIndex index = PackReader.open(memory, BucketKeys.journal(tier.shard, 2));
        assertThat(index.facts().endIndex()).isEqualTo(tier.endIndex());
    }

    @Test
    void shipsAtOnceWhenTheBytesOfAJournalAreThere() {
        context =
                with(
                        context.settings()
                                .withJournals(
                                        new ArchiveSettings.Journals(INTERVAL_MS, 10_000, 250)));
        Journaler journaler = journaler(tier.leader());
        for (int i = 0; i < 30; i++) {
            tier.append(orders, 1, 1_000);
        }

        untilIdle(journaler);

        assertThat(store.operations.size()).isGreaterThanOrEqualTo(3);
        assertThat(memory.list("shards/", "", 1_000))
                .allSatisfy(journal -> assertThat(journal.bytes()).isLessThan(13_000));
    }

    @Test
    void shipsTheMetadataShardAtOnce() {
        RecordedHotTier metadata = new RecordedHotTier(new ShardId(1, 0, 0), clock);
        metadata.open("__cluster_metadata", 0);
        Journaler journaler = journaler(metadata.leader());

        untilIdle(journaler);

        assertThat(memory.list(BucketKeys.journalPrefix(metadata.shard), "", 10)).hasSize(1);
    }

    @Test
    void flushShipsWhatIsCommittedAndAnswersWithTheEnds() {
        Leader leader = tier.leader();
        Journaler journaler = journaler(leader);
        tier.append(orders, 7, 10);

        var flushed = journaler.flush(leader.appliedEndIndex());
        assertThat(flushed).isNotDone();
        untilIdle(journaler);

        assertThat(flushed)
                .isCompletedWithValueMatching(
                        done -> done.endIndex() == 2 && done.journaledEnds().get(orders) == 7L);
    }

    @Test
    void flushOfAnIdleShardCompletesWithoutARequest() {
        Leader leader = tier.leader();
        Journaler journaler = journaler(leader);
        tier.append(orders, 1, 10);
        ship(journaler);
        store.operations.clear();
        tier.commit();

        var flushed = journaler.flush(leader.appliedEndIndex());
        untilIdle(journaler);

        assertThat(flushed).isCompleted();
        assertThat(store.operations).isEmpty();
    }

    @Test
    void shipsNothingUncommitted() throws Exception {
        Leader leader = tier.leader();
        Journaler journaler = journaler(leader);
        tier.append(orders, 1, 10);
        tier.commitOnlyBelow(2);
        tier.append(orders, 1, 10);
        ship(journaler);

        assertThat(
                        PackReader.open(memory, BucketKeys.journal(tier.shard, 0))
                                .section(orders)
                                .orElseThrow()
                                .endOffset())
                .isEqualTo(1);
    }

    @Test
    void twoLeadersWriteTheSameJournalsAndAgree() {
        Leader old = tier.leader();
        ShardShadow oldShadow = shadow();
        Journaler first = journaler(old, oldShadow);
        ShardShadow newShadow = shadow();
        tier.append(orders, 2, 10);
        tier.append(orders, 2, 10);
        Journaler second = journaler(tier.leader(), newShadow);
        RandomGenerator random = new java.util.SplittableRandom(7);
        for (int i = 0; i < 400; i++) {
            if (random.nextInt(3) == 0) {
                tier.append(orders, 1 + random.nextInt(3), 20);
            }
            clock.advanceMs(random.nextInt(4_000));
            Journaler next = random.nextBoolean() ? first : second;
            assertThat(next.step()).isNotInstanceOf(StepResult.Stopped.class);
        }
        var firstDone = first.flush(tier.endIndex());
        untilIdle(first);
        var secondDone = second.flush(tier.endIndex());
        untilIdle(second);
        assertThat(firstDone).isCompleted();
        assertThat(secondDone).isCompleted();

        assertThat(oldShadow.position()).isEqualTo(newShadow.position());
        assertThat(oldShadow.journals()).isEqualTo(newShadow.journals());
        assertThat(newShadow.fork(orders).orElseThrow().snapshot())
                .isEqualTo(oldShadow.fork(orders).orElseThrow().snapshot());
        assertThat(newShadow.journaledEnd(orders).orElseThrow())
                .isEqualTo(tier.ledgers.get(orders).highWatermark());
    }

    @Test
    void theShadowIsTheAppliedStateAtTheSameIndex() {
        ShardShadow shadow = shadow();
        Journaler journaler = journaler(tier.leader(), shadow);
        tier.appendTransactional(orders, 41, 0, 3);
        ship(journaler);
        tier.append(orders, 2, 10);
        tier.endTransaction(orders, 41, false);
        tier.appendTransactional(orders, 42, 0, 2);
        tier.nextLeader();
        tier.append(orders, 1, 10);
        tier.commit(new CommittedFrame.Control(orders, "orders", new ControlFact.LogStartMoved(1)));
        tier.commit(
                new CommittedFrame.Control(
                        orders, "orders", new ControlFact.TopicChanged("{\"v\":2}")));
        ship(journaler);

        assertThat(shadow.fork(orders).orElseThrow().snapshot())
                .isEqualTo(tier.ledgers.get(orders).snapshot());
    }

    @Test
    void readsTheUnknownOutcomeOfAPutBeforeItActs() {
        for (boolean done : List.of(true, false)) {
            store.operations.clear();
            RecordedHotTier shard = new RecordedHotTier(new ShardId(1, done ? 8 : 9, 0), clock);
            PartitionId id = shard.open("t", 0);
            Journaler journaler =
                    journaler(shard.leader(), new ShardShadow("cluster-1", shard.shard));
            shard.append(id, 1, 10);
            journaler.step();
            clock.advanceMs(INTERVAL_MS);
            store.failNextPut(done);

            journaler.step();
            assertThat(journaler.step()).isInstanceOf(StepResult.Failed.class);
            untilIdle(journaler);

            String key = BucketKeys.journal(shard.shard, 0);
            assertThat(store.operations)
                    .containsExactlyElementsOf(
                            done
                                    ? List.of("put " + key, "get " + key)
                                    : List.of("put " + key, "get " + key, "put " + key));
            assertThat(memory.list(BucketKeys.journalPrefix(shard.shard), "", 10)).hasSize(1);
        }
    }

    @Test
    void stopsAtTheEndThatARestorePut() throws Exception {
        Journaler journaler = journaler(tier.leader());
        tier.append(orders, 1, 10);
        ship(journaler);
        putPack(
                2,
                new PackFacts(PackKind.END, "cluster-1", tier.shard, 2, 2, 0, 0, 0, "restore", 0));
        tier.append(orders, 1, 10);
        var flush = journaler.flush(tier.endIndex());

        StepResult last = ship(journaler);

        assertThat(last)
                .isInstanceOfSatisfying(
                        StepResult.Stopped.class,
                        stopped -> assertThat(stopped.reason()).contains("generation closed"));
        assertThat(flush).isCompletedExceptionally();
        assertThat(journaler.step()).isInstanceOf(StepResult.Stopped.class);
    }

    @Test
    void stopsAndNamesTheDivergence() throws Exception {
        Journaler journaler = journaler(tier.leader());
        putPack(
                0,
                new PackFacts(
                        PackKind.JOURNAL, "cluster-1", tier.shard, 0, 1, 9, 9, 0, "other", 0));
        tier.append(orders, 1, 10);

        assertThat(ship(journaler))
                .isInstanceOfSatisfying(
                        StepResult.Stopped.class,
                        stopped ->
                                assertThat(stopped.reason())
                                        .contains("diverge", "termInBucket=9", "termInLog=1"));
    }

    @Test
    void stopsWhenTheBucketIsAheadOfItsLog() throws Exception {
        Journaler journaler = journaler(tier.leader());
        putPack(
                0,
                new PackFacts(
                        PackKind.JOURNAL, "cluster-1", tier.shard, 0, 99, 1, 1, 0, "other", 0));
        tier.append(orders, 1, 10);

        assertThat(ship(journaler))
                .isInstanceOfSatisfying(
                        StepResult.Stopped.class,
                        stopped -> assertThat(stopped.reason()).contains("ahead", "endIndex=99"));
    }

    @Test
    void lagGrowsWhileTheBucketIsAway() {
        Journaler journaler = journaler(tier.leader());
        store.away = true;
        List<Journaler.Lag> seen = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            tier.append(orders, 1, 1_000);
            clock.advanceMs(INTERVAL_MS);
            journaler.step();
            journaler.step();
            seen.add(journaler.lag());
        }

        for (int i = 1; i < seen.size(); i++) {
            assertThat(seen.get(i).ms()).isGreaterThan(seen.get(i - 1).ms());
            assertThat(seen.get(i).bytes()).isGreaterThan(seen.get(i - 1).bytes());
        }
        store.away = false;
        ship(journaler);
        ship(journaler);
        assertThat(journaler.lag()).isEqualTo(new Journaler.Lag(0, 0));
    }

    @Test
    void stopsWhenTheLeadershipIsLost() {
        Leader leader = tier.leader();
        Journaler journaler = journaler(leader);
        leader.leads = false;

        assertThat(journaler.step()).isInstanceOf(StepResult.Stopped.class);
        assertThat(journaler.flush(0)).isCompletedExceptionally();
    }

    private void putPack(long firstIndex, PackFacts facts) throws Exception {
        PackWriter.Written written = PackWriter.inMemory().finish(facts);
        memory.put(BucketKeys.journal(tier.shard, firstIndex), written.body(), PutMode.IF_ABSENT);
    }

    private StepResult ship(Journaler journaler) {
        journaler.step();
        clock.advanceMs(INTERVAL_MS);
        return untilIdle(journaler);
    }

    private static StepResult untilIdle(Stepper stepper) {
        return Steps.untilIdle(stepper);
    }

    private ShardShadow shadow() {
        return new ShardShadow("cluster-1", tier.shard);
    }

    private Journaler journaler(Leader leader) {
        return journaler(leader, new ShardShadow("cluster-1", leader.shard()));
    }

    private Journaler journaler(Leader leader, ShardShadow shadow) {
        return new Journaler(context, leader, shadow, index -> {});
    }

    private ArchiveContext with(ArchiveSettings settings) {
        return new ArchiveContext(
                context.store(),
                context.clusterId(),
                context.writer(),
                context.temporary(),
                settings,
                context.clock(),
                context.random());
    }
}
