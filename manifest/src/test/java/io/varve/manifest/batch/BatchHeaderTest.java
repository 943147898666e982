// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.RandomSeed;
import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.RandomTraffic;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Random;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;

final class BatchHeaderTest {
    private final ByteBuffer three =
            TestBatches.concat(
                    TestBatches.plain(10, 4, 1_000, 3, 40),
                    TestBatches.idempotent(
                            13, 4, 77, 2, 5, TestBatches.records(new Random(1), 2_000, 2, 10)),
                    TestBatches.marker(15, 5, 3_000, 77, 2, false, 9));

    @Test
    void readsWhatKafkaReads() {
        long seed = RandomSeed.next();
        RandomTraffic traffic = new RandomTraffic(RandomSeed.random(seed), 17);
        for (int i = 0; i < 500; i++) {
            ByteBuffer bytes = traffic.next().batch();
            BatchHeader ours = BatchHeader.at(bytes, 0);
            MutableRecordBatch kafka = Batches.records(bytes).batches().iterator().next();

            assertThat(ours.baseOffset()).as("seed %s", seed).isEqualTo(kafka.baseOffset());
            assertThat(ours.lastOffset()).isEqualTo(kafka.lastOffset());
            assertThat(ours.endOffset()).isEqualTo(kafka.nextOffset());
            assertThat(ours.sizeInBytes()).isEqualTo(kafka.sizeInBytes());
            assertThat(ours.partitionLeaderEpoch()).isEqualTo(kafka.partitionLeaderEpoch());
            assertThat(ours.maxTimestampMs()).isEqualTo(kafka.maxTimestamp());
            assertThat(ours.timestampType()).isEqualTo(kafka.timestampType());
            assertThat(ours.producerId()).isEqualTo(kafka.producerId());
            assertThat(ours.producerEpoch()).isEqualTo(kafka.producerEpoch());
            assertThat(ours.baseSequence()).isEqualTo(kafka.baseSequence());
            assertThat(ours.facts().lastSequence()).isEqualTo(kafka.lastSequence());
            assertThat(ours.isTransactional()).isEqualTo(kafka.isTransactional());
            assertThat(ours.isControl()).isEqualTo(kafka.isControlBatch());
            assertThat(ours.recordCount()).isEqualTo(kafka.countOrNull());
            assertThat(Integer.toUnsignedLong(ours.crc())).isEqualTo(kafka.checksum());
            ours.verify();
        }
    }

    @Test
    void tellsMarkersFromData() {
        Iterator<BatchHeader> batches = Batches.in(three).iterator();

        assertThat(batches.next().facts().kind()).isEqualTo(BatchFacts.Kind.DATA);
        assertThat(batches.next().facts().producerId()).isEqualTo(77);
        BatchFacts marker = batches.next().facts();
        assertThat(marker.kind()).isEqualTo(BatchFacts.Kind.ABORT_MARKER);
        assertThat(marker.coordinatorEpoch()).isEqualTo(9);
        assertThat(batches.hasNext()).isFalse();
    }

    @Test
    void setsOffsetsAndEpochInPlaceWithoutTouchingTheCrc() {
        BatchHeader batch = BatchHeader.at(three, 0);
        int crc = batch.crc();

        batch.setBaseOffset(1L << 40);
        batch.setPartitionLeaderEpoch(99);

        assertThat(batch.lastOffset()).isEqualTo((1L << 40) + 2);
        assertThat(batch.partitionLeaderEpoch()).isEqualTo(99);
        assertThat(batch.crc()).isEqualTo(crc);
        batch.verify();
    }

    @Test
    void setsLogAppendTimeAsKafka() {
        ByteBuffer ours = TestBatches.plain(10, 4, 1_000, 3, 40);
        ByteBuffer kafkas = TestBatches.plain(10, 4, 1_000, 3, 40);

        BatchHeader.at(ours, 0).setMaxTimestamp(TimestampType.LOG_APPEND_TIME, 5_555);
        Batches.records(kafkas)
                .batches()
                .iterator()
                .next()
                .setMaxTimestamp(TimestampType.LOG_APPEND_TIME, 5_555);

        assertThat(ours).isEqualTo(kafkas);
        BatchHeader.at(ours, 0).verify();
    }

    @Test
    void everyFlippedBitUnderTheCrcIsNoticed() {
        int end = BatchHeader.at(three, 0).sizeInBytes();
        for (int at = 21; at < end; at++) {
            for (int bit = 0; bit < 8; bit++) {
                three.put(at, (byte) (three.get(at) ^ (1 << bit)));
                assertThatThrownBy(() -> BatchHeader.at(three, 0).verify())
                        .isInstanceOf(CorruptBatchException.class);
                three.put(at, (byte) (three.get(at) ^ (1 << bit)));
            }
        }
    }

    @Test
    void whatIsNoWholeBatchIsRefusedWithItsPosition() {
        int first = BatchHeader.at(three, 0).sizeInBytes();
        ByteBuffer torn = three.duplicate().limit(three.limit() - 1);
        assertThatThrownBy(() -> Batches.in(torn).forEach(batch -> {}))
                .isInstanceOf(CorruptBatchException.class)
                .hasMessageContaining("length does not fit");

        ByteBuffer header = three.duplicate().limit(first + 20);
        assertThatThrownBy(() -> Batches.in(header).forEach(batch -> {}))
                .hasMessageContaining("cut short: position=" + first);

        three.put(16, (byte) 1);
        assertThatThrownBy(() -> BatchHeader.at(three, 0)).hasMessageContaining("magic=1");
        three.put(16, (byte) 2).putInt(8, 48);
        assertThatThrownBy(() -> BatchHeader.at(three, 0)).hasMessageContaining("length=48");
        assertThatThrownBy(() -> Batches.whole(three)).hasMessageContaining("length=48");
    }

    @Test
    void takesTheWholeBatchesOfARangeThatEndsWithinOne() {
        int first = BatchHeader.at(three, 0).sizeInBytes();
        int second = BatchHeader.at(three, first).sizeInBytes();

        for (int limit = 0; limit <= three.limit(); limit++) {
            int expected =
                    limit == three.limit()
                            ? limit
                            : limit >= first + second ? first + second : limit >= first ? first : 0;
            assertThat(Batches.whole(three.duplicate().limit(limit)).remaining())
                    .isEqualTo(expected);
        }
    }

    @Test
    void findsByOffsetAndByTime() {
        assertThat(Batches.find(three, 0).orElseThrow().baseOffset()).isEqualTo(10);
        assertThat(Batches.find(three, 12).orElseThrow().baseOffset()).isEqualTo(10);
        assertThat(Batches.find(three, 13).orElseThrow().baseOffset()).isEqualTo(13);
        assertThat(Batches.find(three, 16)).isEmpty();
        assertThat(Batches.findByTime(three, 1_002).orElseThrow().baseOffset()).isEqualTo(10);
        assertThat(Batches.findByTime(three, 1_003).orElseThrow().baseOffset()).isEqualTo(13);
        assertThat(Batches.findByTime(three, 3_001)).isEmpty();
    }

    @Test
    void readsInTheMiddleOfABufferAndLeavesItsPositionAlone() {
        ByteBuffer padded = ByteBuffer.allocateDirect(three.remaining() + 100);
        padded.position(37).put(three.duplicate()).flip().position(37);

        int count = 0;
        for (BatchHeader batch : Batches.in(padded)) {
            batch.verify();
            count++;
        }

        assertThat(count).isEqualTo(3);
        assertThat(padded.position()).isEqualTo(37);
        assertThat(Batches.find(padded, 13).orElseThrow().bytes().remaining())
                .isEqualTo(Batches.find(three, 13).orElseThrow().sizeInBytes());
    }
}
