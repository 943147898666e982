// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Random;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.junit.jupiter.api.Test;

/// What a batch alone gives away.
class BatchCheckTest {
    private final BatchCheck check =
            new BatchCheck(() -> Instant.ofEpochMilli(TestBatches.TIME_MS), 1 << 20);

    @Test
    void goodBatchesPassAndAreLeftAsTheyWere() {
        ByteBuffer batch = TestBatches.plain(3);
        ByteBuffer before = copyOf(batch);

        assertThat(check(batch, AppendRules.DEFAULT)).isInstanceOf(BatchCheck.Result.Good.class);
        assertThat(batch).isEqualTo(before);
    }

    @Test
    void aFlippedByteIsCorrupt() {
        ByteBuffer batch = copyOf(TestBatches.plain(3));
        batch.put(batch.limit() - 3, (byte) (batch.get(batch.limit() - 3) ^ 1));

        assertThat(error(batch, AppendRules.DEFAULT)).isEqualTo(Errors.CORRUPT_MESSAGE);
    }

    @Test
    void aBatchCutShortIsCorrupt() {
        ByteBuffer batch = TestBatches.plain(3);

        assertThat(error(batch.slice(0, batch.limit() - 1), AppendRules.DEFAULT))
                .isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(error(batch.slice(0, 20), AppendRules.DEFAULT))
                .isEqualTo(Errors.CORRUPT_MESSAGE);
    }

    @Test
    void theOldMessageFormatIsRefusedByItsName() {
        ByteBuffer buffer = ByteBuffer.allocate(512);
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        buffer, (byte) 1, Compression.NONE, TimestampType.CREATE_TIME, 0L);
        builder.append(TestBatches.TIME_MS, null, new byte[10]);

        assertThat(error(builder.build().buffer(), AppendRules.DEFAULT))
                .isEqualTo(Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT);
    }

    @Test
    void aClientSendsOneBatch() {
        ByteBuffer one = TestBatches.plain(1);
        ByteBuffer two =
                ByteBuffer.allocate(one.limit() * 2)
                        .put(one.duplicate())
                        .put(one.duplicate())
                        .flip();

        assertThat(error(two, AppendRules.DEFAULT)).isEqualTo(Errors.INVALID_RECORD);
        assertThat(
                        check.check(
                                new AppendRequest(
                                        P0,
                                        two,
                                        Acks.ALL,
                                        Origin.COORDINATOR,
                                        AppendRules.DEFAULT)))
                .isInstanceOf(BatchCheck.Result.Good.class);
    }

    @Test
    void countsThatDifferFromTheRecordsAreInvalid() {
        ByteBuffer fewer = copyOf(TestBatches.plain(3));
        fewer.putInt(57, 2); // record count
        assertThat(error(withCrc(fewer), AppendRules.DEFAULT)).isEqualTo(Errors.INVALID_RECORD);
        ByteBuffer further = copyOf(TestBatches.plain(3));
        further.putInt(23, 3); // last offset delta
        assertThat(error(withCrc(further), AppendRules.DEFAULT)).isEqualTo(Errors.INVALID_RECORD);
        ByteBuffer both = copyOf(TestBatches.plain(3));
        both.putInt(23, 1).putInt(57, 2);
        assertThat(error(withCrc(both), AppendRules.DEFAULT)).isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void sizesAndTimestampsAreHeldToTheTopicsRules() {
        AppendRules small =
                new AppendRules(50, TimestampType.CREATE_TIME, Long.MAX_VALUE, 1_000, null, false);
        AppendRules now =
                new AppendRules(1 << 20, TimestampType.CREATE_TIME, Long.MAX_VALUE, 1, null, false);

        assertThat(error(TestBatches.plain(1), small)).isEqualTo(Errors.MESSAGE_TOO_LARGE);
        assertThat(check(TestBatches.plain(2), now)).isInstanceOf(BatchCheck.Result.Good.class);
        assertThat(error(TestBatches.plain(3), now)).isEqualTo(Errors.INVALID_TIMESTAMP);
    }

    @Test
    void anotherCodecIsMadeOfACopy() {
        ByteBuffer batch = TestBatches.plain(50);
        ByteBuffer before = copyOf(batch);
        AppendRules lz4 =
                new AppendRules(
                        1 << 20,
                        TimestampType.CREATE_TIME,
                        Long.MAX_VALUE,
                        1_000,
                        Compression.lz4().build(),
                        false);

        BatchCheck.Result.Good good = (BatchCheck.Result.Good) check(batch, lz4);

        assertThat(good.checked().getFirst().header().compressionId())
                .isEqualTo(CompressionType.LZ4.id);
        assertThat(good.checked().getFirst().maxTimestampMs()).isEqualTo(TestBatches.TIME_MS + 49);
        assertThat(batch).isEqualTo(before);
    }

    @Test
    void aCompactedTopicWantsKeys() {
        AppendRules keyed =
                new AppendRules(
                        1 << 20, TimestampType.CREATE_TIME, Long.MAX_VALUE, 1_000, null, true);

        assertThat(error(TestBatches.plain(1), keyed)).isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void recordsOutOfTheTimeRangeAreNamedAsKafkaNamesThem() {
        AppendRules strict =
                new AppendRules(1 << 20, TimestampType.CREATE_TIME, 1_000, 1, null, false);

        BatchCheck.Result.Bad bad = (BatchCheck.Result.Bad) check(TestBatches.plain(4), strict);

        RecordValidationException kafkas = kafkasVerdict(TestBatches.plain(4), strict);
        assertThat(bad.error()).isEqualTo(Errors.forException(kafkas.invalidException()));
        assertThat(bad.message()).isEqualTo(kafkas.invalidException().getMessage());
        assertThat(bad.faults())
                .isEqualTo(
                        kafkas.recordErrors().stream()
                                .map(each ->
                                        new AppendOutcome.RecordFault(
                                                each.batchIndex, each.message))
                                .toList());
        assertThat(bad.faults()).hasSize(2);
    }

    @Test
    void atMostSoManyRecordsAreNamed() {
        AppendRules none = new AppendRules(1 << 20, TimestampType.CREATE_TIME, 0, 0, null, false);

        BatchCheck.Result.Bad bad = (BatchCheck.Result.Bad) check(TestBatches.plain(500), none);

        assertThat(bad.faults()).hasSize(RecordWalk.FAULTS_MAX);
    }

    @Test
    void aRecordWithoutTimestampIsAlwaysInTime() {
        AppendRules none = new AppendRules(1 << 20, TimestampType.CREATE_TIME, 0, 0, null, false);
        ByteBuffer buffer = ByteBuffer.allocate(512);
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(buffer, Compression.NONE, TimestampType.CREATE_TIME, 0L);
        builder.append(-1L, null, new byte[10]);

        assertThat(check(builder.build().buffer(), none))
                .isInstanceOf(BatchCheck.Result.Good.class);
    }

    @Test
    void offsetsOfAProducerBeginAtZero() {
        ByteBuffer batch = copyOf(TestBatches.plain(1));
        batch.putLong(0, 7);

        assertThat(error(batch, AppendRules.DEFAULT)).isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void anUnknownCodecIsNamed() {
        ByteBuffer batch = copyOf(TestBatches.plain(1));
        batch.put(22, (byte) 6);

        assertThat(error(withCrc(batch), AppendRules.DEFAULT))
                .isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
    }

    @Test
    void logAppendTimeIsTheBrokersToSet() {
        AppendRules stamped =
                new AppendRules(1 << 20, TimestampType.LOG_APPEND_TIME, 1_000, 1_000, null, false);
        ByteBuffer batch = copyOf(TestBatches.plain(1));
        batch.put(22, (byte) 8);

        assertThat(error(withCrc(batch), stamped)).isEqualTo(Errors.INVALID_TIMESTAMP);
    }

    /// Records changed at random under a right CRC, as only a broken client sends them: what
    /// Kafka's LogValidator lets in is let in here and the other way round, but for offsets that
    /// are not dense, which Kafka writes anew.
    @Test
    void damagedRecordsAreJudgedAsKafkaJudgesThem() {
        long seed = Long.getLong("sim.seed", System.nanoTime());
        System.out.println("BatchCheckTest seed: -Dsim.seed=" + seed);
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            ByteBuffer batch = copyOf(withHeaders(1 + random.nextInt(4)));
            for (int change = 0; change <= random.nextInt(2); change++) {
                int at = 61 + random.nextInt(batch.limit() - 61);
                batch.put(at, (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(8)));
            }
            BatchCheck.Result ours = check(withCrc(batch), AppendRules.DEFAULT);
            boolean kafkas = kafkaTakes(copyOf(batch));
            if (ours instanceof BatchCheck.Result.Bad(var error, String why, var faults)) {
                refused++;
                assertThat(kafkas && !why.startsWith("offsets inside batch are not dense"))
                        .as("round=%d, ours=%s %s %s", round, error, why, faults)
                        .isFalse();
            } else {
                assertThat(kafkas).as("round=%d", round).isTrue();
            }
        }
        assertThat(refused).isBetween(2_000, 19_000);
    }

    private static ByteBuffer withHeaders(int records) {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(buffer, Compression.NONE, TimestampType.CREATE_TIME, 0L);
        for (int i = 0; i < records; i++) {
            builder.append(
                    TestBatches.TIME_MS,
                    i % 2 == 0 ? null : new byte[] {1, 2},
                    new byte[] {3},
                    new Header[] {
                        new RecordHeader("k", new byte[] {4}), new RecordHeader("n", (byte[]) null)
                    });
        }
        return builder.build().buffer();
    }

    private static boolean kafkaTakes(ByteBuffer batch) {
        try {
            validate(batch, AppendRules.DEFAULT);
            return true;
        } catch (KafkaException | RecordValidationException refused) {
            return false;
        }
    }

    private static RecordValidationException kafkasVerdict(ByteBuffer batch, AppendRules rules) {
        return (RecordValidationException) catchThrowable(() -> validate(copyOf(batch), rules));
    }

    private static void validate(ByteBuffer batch, AppendRules rules) {
        var _ =
                BatchConversion.validate(
                        P0, batch, rules, CompressionType.NONE, null, TestBatches.TIME_MS);
    }

    private BatchCheck.Result check(ByteBuffer batches, AppendRules rules) {
        return check.check(new AppendRequest(P0, batches, Acks.ALL, Origin.CLIENT, rules));
    }

    private Errors error(ByteBuffer batches, AppendRules rules) {
        BatchCheck.Result result = check(batches, rules);
        assertThat(result).isInstanceOf(BatchCheck.Result.Bad.class);
        return ((BatchCheck.Result.Bad) result).error();
    }

    private static ByteBuffer copyOf(ByteBuffer batch) {
        return ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
    }

    /// The header as its bytes say, with a checksum that fits.
    private static ByteBuffer withCrc(ByteBuffer batch) {
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(batch.slice(21, batch.limit() - 21));
        return batch.putInt(17, (int) crc.getValue());
    }
}
