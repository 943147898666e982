// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Disks that are full: with what producers wrote while the bucket was away, where they are refused
/// before a write fails, or with what others put there, where another broker leads. All goes on by
/// itself when there is room. Needs a file system of its own, in memory, and so the right to mount
/// one.
class FullDiskIT {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final int DISK_MEGABYTES = 192;

    /// Less than the reserve, and more than a new term needs.
    private static final int LEFT_BYTES = 10 << 20;

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

    @Test
    void aBrokerWhoseDiskIsFullLeavesTheLeadToOthersAndTakesItBackWhenThereIsRoom()
            throws Exception {
        Optional<SmallDisk> mounted = SmallDisk.mount(folder.resolve("disk"), DISK_MEGABYTES);
        assumeThat(mounted)
                .as("no file system can be mounted here: a full disk is not tested")
                .isPresent();
        SeededRecords records = SeededRecords.of(100, 1_000);
        List<TopicPartition> partitions =
                List.of(
                        PARTITION,
                        new TopicPartition("orders", 1),
                        new TopicPartition("orders", 2));
        try (SmallDisk disk = mounted.orElseThrow();
                BrokerNodes cluster = BrokerNodes.in(folder.resolve("cluster"), 3)) {
            cluster.node(1)
                    .with("log.dirs", disk.folder().resolve("data").toString())
                    .with("log.file.bytes", "4194304")
                    .with("cache.bytes", "4194304");
            cluster.start();
            Cluster.createTopic(cluster.kafka(), "orders", partitions.size());
            await("broker 1 leads", () -> leaders(cluster).contains(1));
            try (SeededProducer producer =
                    new SeededProducer(cluster.kafka(), 0, records, partitions)) {
                producer.sendAll(100);

                Path filler = disk.folder().resolve("filler");
                long _ = Folders.fill(filler, LEFT_BYTES);
                await("others lead", () -> !leaders(cluster).contains(1));
                producer.sendAll(300);
                assertThat(cluster.node(1).alive()).isTrue();

                Files.delete(filler);
                await("it leads again", () -> leaders(cluster).contains(1));
                producer.sendAll(100);
                producer.requireNoFailure();
                ReadBack.of(cluster.kafka(), records, partitions).requireAll(producer);
            }
        }
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(LIMIT)
                .ignoreException(ExecutionException.class)
                .pollInterval(Duration.ofMillis(200))
                .until(condition);
    }

    /// Who leads the partitions; -1 stands for nobody.
    private static Set<Integer> leaders(BrokerNodes cluster) throws Exception {
        return Cluster.describe(cluster.kafka(), List.of("orders")).stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(partition -> partition.leader() == null ? -1 : partition.leader().id())
                .collect(Collectors.toSet());
    }
}
