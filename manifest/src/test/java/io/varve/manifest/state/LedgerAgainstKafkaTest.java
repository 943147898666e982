// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.RandomSeed;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.CompletedTxn;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/// Goal: a ledger knows what a Kafka broker would know of the same log. Method: the same random
/// batches through Kafka's own ProducerStateManager and LeaderEpochFileCache and through the
/// ledger; after every batch all of it is compared.
final class LedgerAgainstKafkaTest {
    private static final TopicPartition TOPIC_PARTITION = new TopicPartition("orders", 0);
    private static final int STEPS = 400;

    @TempDir private Path folder;

    @RepeatedTest(10)
    void knowsWhatKafkaKnows() throws IOException {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        PartitionLedger ledger =
                PartitionLedger.open(new PartitionId(new Uuid(1, 2), 0), "orders", "{}", 0, 0);
        ProducerStateManager kafka =
                new ProducerStateManager(
                        TOPIC_PARTITION,
                        folder.toFile(),
                        900_000,
                        new ProducerStateManagerConfig(86_400_000, false),
                        Time.SYSTEM);
        List<AbortedTxn> aborted = new ArrayList<>();
        RandomTraffic traffic = new RandomTraffic(random, 0);

        for (int i = 0; i < STEPS; i++) {
            RandomTraffic.Step step = traffic.next();
            BatchHeader header = BatchHeader.at(step.batch(), 0);
            ledger.append(header.facts(), header.partitionLeaderEpoch(), step.frameTimeMs());
            appendToKafka(
                    kafka, Batches.records(step.batch()).batches().iterator().next(), aborted);

            String what = "seed " + seed + ", step " + i + ", " + header;
            assertThat(ledger.highWatermark()).as(what).isEqualTo(header.endOffset());
            assertThat(ledger.lastStableOffset())
                    .as(what)
                    .isEqualTo(
                            kafka.firstUnstableOffset()
                                    .map(offset -> offset.messageOffset)
                                    .orElse(header.endOffset()));
            assertThat(ledger.abortedIn(0, header.endOffset())).as(what).isEqualTo(aborted);
            assertThat(ledger.producers()).as(what).hasSize(kafka.activeProducers().size());
            for (ProducerState ours : ledger.producers()) {
                assertSameProducer(ours, kafka.activeProducers().get(ours.producerId()), what);
            }
            assertThat(PartitionLedger.from(ledger.snapshot()).snapshot())
                    .as(what)
                    .isEqualTo(ledger.snapshot());
        }
    }

    private static void appendToKafka(
            ProducerStateManager kafka, RecordBatch batch, List<AbortedTxn> aborted) {
        if (batch.hasProducerId()) {
            // markers come from the coordinator and are checked by the rules of version 1: equal
            // epochs are right
            AppendOrigin origin =
                    batch.isControlBatch() ? AppendOrigin.COORDINATOR : AppendOrigin.CLIENT;
            ProducerAppendInfo info = kafka.prepareUpdate(batch.producerId(), origin);
            Optional<CompletedTxn> completed = info.append(batch, Optional.empty(), (short) 1);
            kafka.update(info);
            completed.ifPresent(txn -> {
                long stable = kafka.lastStableOffset(txn);
                kafka.completeTxn(txn);
                if (txn.isAborted()) {
                    aborted.add(
                            new AbortedTxn(
                                    txn.producerId(), txn.firstOffset(), txn.lastOffset(), stable));
                }
            });
        }
        kafka.updateMapEndOffset(batch.nextOffset());
        kafka.onHighWatermarkUpdated(batch.nextOffset());
    }

    private static void assertSameProducer(
            ProducerState ours, ProducerStateEntry kafka, String what) {
        assertThat(ours.producerEpoch()).as(what).isEqualTo(kafka.producerEpoch());
        assertThat(ours.coordinatorEpoch()).as(what).isEqualTo(kafka.coordinatorEpoch());
        assertThat(ours.openTxnFirstOffset()).as(what).isEqualTo(kafka.currentTxnFirstOffset());
        assertThat(ours.batches())
                .as(what)
                .isEqualTo(
                        kafka.batchMetadata().stream()
                                .map(batch ->
                                        new ProducerBatch(
                                                batch.firstSeq(),
                                                batch.lastSeq(),
                                                batch.firstOffset(),
                                                batch.lastOffset(),
                                                batch.timestamp()))
                                .toList());
    }

    @RepeatedTest(10)
    void answersEndOffsetsOfEpochsAsKafka() throws IOException, InterruptedException {
        long seed = RandomSeed.next();
        Random random = RandomSeed.random(seed);
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        try {
            LeaderEpochFileCache kafka =
                    new LeaderEpochFileCache(
                            TOPIC_PARTITION,
                            new LeaderEpochCheckpointFile(
                                    folder.resolve("epochs").toFile(), new LogDirFailureChannel(1)),
                            scheduler);
            PartitionLedger ledger =
                    PartitionLedger.open(new PartitionId(new Uuid(1, 2), 0), "orders", "{}", 0, 0);
            RandomTraffic traffic = new RandomTraffic(random, 0);
            for (int i = 0; i < 200; i++) {
                RandomTraffic.Step step = traffic.next();
                BatchHeader header = BatchHeader.at(step.batch(), 0);
                ledger.append(header.facts(), header.partitionLeaderEpoch(), step.frameTimeMs());
                kafka.assign(header.partitionLeaderEpoch(), header.baseOffset());
                if (random.nextInt(15) == 0) {
                    long logStart =
                            ledger.logStart()
                                    + random.nextLong(
                                            ledger.highWatermark() - ledger.logStart() + 1);
                    ledger.moveLogStart(logStart);
                    kafka.truncateFromStartAsyncFlush(logStart);
                }
                for (int epoch = 0; epoch < header.partitionLeaderEpoch() + 3; epoch++) {
                    Map.Entry<Integer, Long> expected =
                            kafka.endOffsetFor(epoch, ledger.highWatermark());
                    Optional<PartitionLedger.EpochEnd> ours = ledger.endOffsetForEpoch(epoch);
                    assertThat(ours.map(PartitionLedger.EpochEnd::epoch).orElse(-1))
                            .as("seed %s, step %s, epoch %s, %s", seed, i, epoch, ledger.epochs())
                            .isEqualTo(expected.getKey());
                    assertThat(ours.map(PartitionLedger.EpochEnd::endOffset).orElse(-1L))
                            .as("seed %s, step %s, epoch %s, %s", seed, i, epoch, ledger.epochs())
                            .isEqualTo(expected.getValue());
                }
            }
        } finally {
            scheduler.shutdown();
        }
    }
}
