// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.ProducerState;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.CompletedTxn;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same random batches go through Kafka's ProducerStateManager and through ours: same refusals,
/// same duplicates with the same offsets, same last stable offset; and what the writer assumes is
/// what apply makes of it.
class ProducerRulesOracleTest {
    private static final int STEPS = 3_000;

    @TempDir Path directory;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void judgesEveryBatchAsKafkaDoes(long seed) throws Exception {
        Random random = new Random(Long.getLong("sim.seed", seed));
        ProducerStateManager kafka =
                new ProducerStateManager(
                        new TopicPartition("t", 0),
                        Files.createDirectories(directory.resolve("kafka")).toFile(),
                        60_000,
                        new ProducerStateManagerConfig(86_400_000, false),
                        Time.SYSTEM);
        PartitionLedger ours =
                PartitionLedger.open(new PartitionId(new Uuid(1, 1), 0), "t", "{}", 0, 0);
        Map<Long, ProducerState> assumed = new HashMap<>();
        int accepted = 0;

        for (int step = 0; step < STEPS; step++) {
            ByteBuffer bytes = next(random, ours);
            short version = (short) (random.nextInt(4) == 0 ? 2 : 0);
            BatchFacts facts = BatchHeader.at(bytes, 0).facts();
            String context =
                    "seed " + seed + ", step " + step + ", " + facts + ", version " + version;

            String expected = kafkasVerdict(kafka, bytes, version, facts);
            ProducerState state = assumed.get(facts.producerId());
            ProducerRules.Verdict verdict =
                    ProducerRules.check(
                            state,
                            facts,
                            originOf(facts),
                            facts.kind() == BatchFacts.Kind.DATA ? 0 : version);

            assertThat(describe(verdict)).as(context).isEqualTo(expected);
            if (verdict instanceof ProducerRules.Verdict.Fits) {
                accepted++;
                assumed.put(facts.producerId(), ProducerRules.after(state, facts, step));
                ours.append(facts, 0, step);
                assertThat(assumed.get(facts.producerId()))
                        .as(context)
                        .isEqualTo(ours.producer(facts.producerId()).orElseThrow());
                kafka.onHighWatermarkUpdated(ours.highWatermark());
                long stable =
                        kafka.firstUnstableOffset()
                                .map(offset -> offset.messageOffset)
                                .orElse(ours.highWatermark());
                assertThat(ours.lastStableOffset()).as(context).isEqualTo(stable);
            }
        }
        assertThat(accepted).as("the test does append").isGreaterThan(STEPS / 10);
    }

    private static Origin originOf(BatchFacts facts) {
        return facts.kind() == BatchFacts.Kind.DATA ? Origin.CLIENT : Origin.COORDINATOR;
    }

    private static String describe(ProducerRules.Verdict verdict) {
        return switch (verdict) {
            case ProducerRules.Verdict.Fits fits -> "fits";
            case ProducerRules.Verdict.Repeats(var batch) -> "repeats " + batch.baseOffset();
            case ProducerRules.Verdict.Refused(Errors error, String message) -> error.name();
        };
    }

    /// As UnifiedLog does: duplicates first, then the rules; what fits is taken over.
    private static String kafkasVerdict(
            ProducerStateManager kafka, ByteBuffer bytes, short version, BatchFacts facts) {
        RecordBatch batch =
                MemoryRecords.readableRecords(bytes.duplicate()).batches().iterator().next();
        boolean data = facts.kind() == BatchFacts.Kind.DATA;
        Optional<ProducerStateEntry> last = kafka.lastEntry(facts.producerId());
        if (data && last.isPresent() && last.get().producerEpoch() == facts.producerEpoch()) {
            for (BatchMetadata known : last.get().batchMetadata()) {
                if (known.firstSeq() == batch.baseSequence()
                        && known.lastSeq() == batch.lastSequence()) {
                    return "repeats " + known.firstOffset();
                }
            }
        }
        try {
            ProducerAppendInfo info =
                    kafka.prepareUpdate(
                            facts.producerId(),
                            data ? AppendOrigin.CLIENT : AppendOrigin.COORDINATOR);
            Optional<CompletedTxn> completed = info.append(batch, Optional.empty(), version);
            kafka.update(info);
            completed.ifPresent(kafka::completeTxn);
            kafka.updateMapEndOffset(facts.endOffset());
            return "fits";
        } catch (ApiException e) {
            return Errors.forException(e).name();
        }
    }

    /// Mostly what a producer would send next, often a repeat, sometimes nonsense; sequences near
    /// the wrap, too.
    private static ByteBuffer next(Random random, PartitionLedger ours) {
        long producerId = random.nextInt(3);
        Optional<ProducerState> state = ours.producer(producerId);
        int epoch = state.map(known -> (int) known.producerEpoch()).orElse(0);
        int draw = random.nextInt(20);
        epoch = Math.max(0, epoch + (draw == 0 ? 1 : draw == 1 ? -1 : 0));
        if (random.nextInt(6) == 0) {
            ControlRecordType type =
                    random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
            return MemoryRecords.withEndTransactionMarker(
                            ours.highWatermark(),
                            TestBatches.TIME_MS,
                            0,
                            producerId,
                            (short) (epoch + random.nextInt(2)),
                            new EndTransactionMarker(type, random.nextInt(4)))
                    .buffer();
        }
        int records = 1 + random.nextInt(3);
        int sequence = sequence(random, state, epoch);
        boolean transactional =
                state.map(known -> known.openTxnFirstOffset().isPresent()).orElse(false)
                        ? random.nextInt(10) != 0
                        : random.nextInt(4) == 0;
        ByteBuffer batch =
                TestBatches.build(
                        records,
                        Compression.NONE,
                        producerId,
                        (short) epoch,
                        sequence,
                        transactional);
        BatchHeader.at(batch, 0).setBaseOffset(ours.highWatermark());
        return batch;
    }

    private static int sequence(Random random, Optional<ProducerState> state, int epoch) {
        if (state.isEmpty()
                || state.get().batches().isEmpty()
                || state.get().producerEpoch() != epoch) {
            return random.nextInt(3) == 0
                    ? Integer.MAX_VALUE - random.nextInt(4)
                    : random.nextInt(2);
        }
        var batches = state.get().batches();
        return switch (random.nextInt(8)) {
            case 0 -> batches.get(random.nextInt(batches.size())).baseSequence();
            case 1 -> random.nextInt(10);
            default -> {
                int last = batches.getLast().lastSequence();
                yield last == Integer.MAX_VALUE ? 0 : last + 1;
            }
        };
    }
}
