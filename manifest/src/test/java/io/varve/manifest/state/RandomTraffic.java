// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import io.varve.manifest.batch.TestBatches;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// What one partition's leader lets through: plain, idempotent and transactional batches of several
/// producers, markers, new producer epochs, new leader epochs; sequences that wrap.
public final class RandomTraffic {
    private static final int PRODUCERS = 6;

    /// One committed batch.
    public record Step(ByteBuffer batch, long frameTimeMs) {}

    private final Random random;
    private final List<Producer> producers = new ArrayList<>();
    private long offset;
    private long timeMs = 1_700_000_000_000L;
    private int leaderEpoch = 3;
    private int coordinatorEpoch;

    private static final class Producer {
        final long id;
        int epoch;
        int sequence;
        boolean open;

        Producer(long id, int sequence) {
            this.id = id;
            this.sequence = sequence;
        }
    }

    public RandomTraffic(Random random, long startOffset) {
        this.random = random;
        this.offset = startOffset;
        for (int i = 0; i < PRODUCERS; i++) {
            producers.add(
                    new Producer(
                            1_000 + i, i % 2 == 0 ? 0 : Integer.MAX_VALUE - random.nextInt(20)));
        }
    }

    public Step next() {
        timeMs += random.nextInt(50);
        if (random.nextInt(20) == 0) {
            leaderEpoch += 1 + random.nextInt(2);
        }
        if (random.nextInt(10) == 0) {
            coordinatorEpoch++;
        }
        Producer producer = producers.get(random.nextInt(PRODUCERS));
        int records = 1 + random.nextInt(6);
        ByteBuffer batch =
                switch (random.nextInt(10)) {
                    case 0, 1 -> plain(records);
                    case 2, 3 -> producer.open ? end(producer) : data(producer, records);
                    default -> data(producer, records);
                };
        return new Step(batch, timeMs);
    }

    private ByteBuffer plain(int records) {
        ByteBuffer batch =
                TestBatches.plain(
                        offset, leaderEpoch, timeMs - random.nextInt(10_000), records, 20);
        offset += records;
        return batch;
    }

    private ByteBuffer data(Producer producer, int records) {
        if (!producer.open && random.nextInt(12) == 0) {
            producer.epoch++;
            producer.sequence = 0;
        }
        boolean transactional = producer.open || (producer.id % 2 == 0 && random.nextBoolean());
        var values =
                TestBatches.records(
                        random, timeMs - random.nextInt(10_000), records, random.nextInt(200));
        ByteBuffer batch =
                transactional
                        ? TestBatches.transactional(
                                offset,
                                leaderEpoch,
                                producer.id,
                                producer.epoch,
                                producer.sequence,
                                values)
                        : TestBatches.idempotent(
                                offset,
                                leaderEpoch,
                                producer.id,
                                producer.epoch,
                                producer.sequence,
                                values);
        producer.open = transactional;
        long next = (long) producer.sequence + records;
        producer.sequence = (int) (next > Integer.MAX_VALUE ? next - Integer.MAX_VALUE - 1 : next);
        offset += records;
        return batch;
    }

    private ByteBuffer end(Producer producer) {
        if (random.nextBoolean()) { // as a fencing coordinator does, or every one with transaction
            // version 2
            producer.epoch++;
            producer.sequence = 0;
        }
        producer.open = false;
        ByteBuffer batch =
                TestBatches.marker(
                        offset,
                        leaderEpoch,
                        timeMs,
                        producer.id,
                        producer.epoch,
                        random.nextBoolean(),
                        coordinatorEpoch);
        offset++;
        return batch;
    }
}
