// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A small disk is written full while the bucket is away: producers are refused before a write
/// fails, and once the bucket is back all goes on by itself. Needs a file system of its own, in
/// memory, and so the right to mount one.
class FullDiskIT {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final int DISK_MEGABYTES = 192;
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int RECORDS_PER_SECOND = 2_000;

    @TempDir Path folder;

    @Test
    void producersArePushedBackAndAllGoesOnWhenThereIsRoomAgain() throws Exception {
        Optional<SmallDisk> mounted = SmallDisk.mount(folder.resolve("disk"), DISK_MEGABYTES);
        assumeThat(mounted)
                .as("no file system can be mounted here: a full disk is not tested")
                .isPresent();
        SeededRecords records = SeededRecords.of(20_000, 60_000);
        try (SmallDisk disk = mounted.orElseThrow();
                BrokerNode broker =
                        BrokerNode.in(folder)
                                .with("log.dirs", disk.folder().resolve("data").toString())
                                .with("log.file.bytes", "4194304")
                                .with("cache.bytes", "4194304")
                                .with("archive.interval.ms", "200")
                                .start()) {
            Cluster.createTopic(broker.kafka(), "orders", 1);
            Path hidden = folder.resolve("hidden");
            Files.move(broker.bucket(), hidden);
            try (SeededProducer producer =
                    new SeededProducer(broker.kafka(), 0, records, List.of(PARTITION))) {
                producer.start(RECORDS_PER_SECOND);
                Awaitility.await("refused")
                        .atMost(LIMIT)
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> broker.metric("varve_produce_refused_total") > 0);
                assertThat(broker.get("/health/live")).contains("live");
                long before = producer.acknowledgedCount();
                assertThat(ReadBack.of(broker.kafka(), records, List.of(PARTITION)).count())
                        .isGreaterThanOrEqualTo(before);

                Files.move(hidden, broker.bucket());
                Awaitility.await("goes on")
                        .atMost(LIMIT)
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> producer.acknowledgedCount() > before + 1_000);
                producer.stop();
                producer.flush();
                assertThat(broker.alive()).isTrue();
                ReadBack.of(broker.kafka(), records, List.of(PARTITION)).requireAll(producer);
            }
        }
    }
}
