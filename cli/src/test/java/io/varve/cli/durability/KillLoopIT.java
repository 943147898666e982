// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Producers go on while their broker is killed and started again, on the same data, again and
/// again. `-Dkill.seconds=120` for longer than the default.
class KillLoopIT {
    private static final int SECONDS = Integer.getInteger("kill.seconds", 20);
    private static final int PRODUCERS = 3;
    private static final int RECORDS_PER_SECOND = 300;
    private static final int LIFE_MS_MAX = 2_000;

    /// A broker starts in a few seconds here: one in three dies before it is ready.
    private static final int DIES_STARTING_ONE_IN = 3;

    private static final int STARTING_MS_MAX = 3_000;

    private static final List<TopicPartition> PARTITIONS =
            IntStream.range(0, 4).mapToObj(p -> new TopicPartition("orders", p)).toList();

    @TempDir Path folder;

    @Test
    void nothingAcknowledgedIsLostDoubledOrOutOfOrder() throws Exception {
        SeededRecords records = SeededRecords.of(10, 3_000);
        SplittableRandom random = new SplittableRandom(records.seed());
        List<SeededProducer> producers = new ArrayList<>();
        try (BrokerNode broker = BrokerNode.in(folder).with("archive.interval.ms", "500").start()) {
            Cluster.createTopic(broker.kafka(), "orders", PARTITIONS.size());
            for (int i = 0; i < PRODUCERS; i++) {
                producers.add(new SeededProducer(broker.kafka(), i, records, PARTITIONS));
            }
            producers.forEach(producer -> producer.start(RECORDS_PER_SECOND));

            int kills = killAgainAndAgain(broker, random);

            for (SeededProducer producer : producers) {
                producer.stop();
                producer.flush();
            }
            ReadBack read = ReadBack.of(broker.kafka(), records, PARTITIONS);
            long acknowledged =
                    producers.stream().mapToLong(SeededProducer::acknowledgedCount).sum();
            System.out.printf(
                    "kill loop: seconds=%d, kills=%d, acknowledged=%d, read=%d, sim.seed=%d%n",
                    SECONDS, kills, acknowledged, read.count(), records.seed());
            producers.forEach(read::requireAll);
            assertThat(read.count()).isEqualTo(acknowledged);
            assertThat(kills).isPositive();
        } finally {
            producers.forEach(SeededProducer::close);
        }
    }

    private static int killAgainAndAgain(BrokerNode broker, SplittableRandom random)
            throws Exception {
        long endNs = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
        int kills = 0;
        while (System.nanoTime() < endNs) {
            waitMs(random.nextInt(LIFE_MS_MAX));
            broker.kill();
            kills++;
            broker.spawn();
            if (random.nextInt(DIES_STARTING_ONE_IN) == 0) {
                waitMs(random.nextInt(STARTING_MS_MAX));
                broker.kill();
                kills++;
                broker.spawn();
            }
            broker.awaitReady();
        }
        return kills;
    }

    /// The moment of a kill is the input of this test: nothing is waited for.
    private static void waitMs(int millis) {
        long endNs = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        while (System.nanoTime() < endNs) {
            LockSupport.parkNanos(endNs - System.nanoTime());
        }
    }
}
