// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import static io.varve.broker.shard.ShardBroker.P0;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Instant;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
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
