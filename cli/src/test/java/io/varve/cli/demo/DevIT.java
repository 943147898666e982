// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `varve dev` as a process: what it promises to whoever starts, stops and kills it.
class DevIT {
    private static final Duration READY_LIMIT = Duration.ofSeconds(20);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);
    private static final Duration REFUSE_LIMIT = Duration.ofSeconds(20);
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);
    private static final List<TopicPartition> PARTITIONS = List.of(new TopicPartition("orders", 0));

    @TempDir Path folder;

    @Test
    void startsOnFreePortsAndStopsWhenToldTo() throws Exception {
        try (VarveProcess dev = VarveProcess.dev(folder.resolve("data"))) {
            dev.awaitReady(READY_LIMIT);

            assertThat(dev.bucket()).isEqualTo("file://" + folder.resolve("data/bucket"));
            assertThat(dev.terminate(STOP_LIMIT)).isZero();
            assertThat(dev.stderr().lines())
                    .allSatisfy(line -> assertThat(line).startsWith("time="));
            assertThat(dev.stderr()).contains("level=INFO").doesNotContain("level=ERROR");
        }
    }

    @Test
    void whatWasAcknowledgedSurvivesKillAndStop() throws Exception {
        long seed = new java.security.SecureRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        Truth truth = new Truth();
        Path data = folder.resolve("data");
        try (VarveProcess first = VarveProcess.dev(data).awaitReady(READY_LIMIT)) {
            write(first, truth, random.split(), 500);
            first.kill();
        }
        try (VarveProcess second = VarveProcess.dev(data).awaitReady(READY_LIMIT)) {
            requireAll(second, truth, seed);
            write(second, truth, random.split(), 1_000);
            assertThat(second.terminate(STOP_LIMIT)).isZero();
        }
        try (VarveProcess third = VarveProcess.dev(data).awaitReady(READY_LIMIT)) {
            requireAll(third, truth, seed);
        }
    }

    /// Writes until so many records are acknowledged in all; leaves others on their way.
    private static void write(VarveProcess dev, Truth truth, SplittableRandom random, long count)
            throws Exception {
        try (Writer writer = new Writer(dev.kafka(), "zstd", PARTITIONS, truth, random)) {
            writer.start(500);
            long deadlineNs = System.nanoTime() + WRITE_LIMIT.toNanos();
            while (truth.count() < count && System.nanoTime() < deadlineNs) {
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
            assertThat(writer.failure()).isNull();
            assertThat(truth.count()).isGreaterThanOrEqualTo(count);
        }
    }

    private static void requireAll(VarveProcess dev, Truth truth, long seed) throws Exception {
        Comparison.Result result = Comparison.of(dev.kafka(), truth, PARTITIONS);

        assertThat(result.mismatches()).as("seed=" + seed).isEmpty();
        assertThat(result.lostRecords()).as("seed=" + seed).isZero();
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            for (String option : List.of("--kafka-port", "--http-port")) {
                String port = Integer.toString(taken.getLocalPort());

                String message =
                        refused(VarveProcess.dev(folder.resolve("data" + option), option, port));

                assertThat(message).contains("cannot listen").contains(port);
            }
        }
    }

    @Test
    void aDataDirectoryHasOneBroker() throws Exception {
        Path data = folder.resolve("data");
        try (VarveProcess dev = VarveProcess.dev(data)) {
            dev.awaitReady(READY_LIMIT);

            assertThat(refused(VarveProcess.dev(data)))
                    .contains("in use")
                    .contains(data.toString());
        }
    }

    @Test
    void neitherAForeignBucketNorAnEmptyDiskIsTakenForItsOwn() throws Exception {
        Path ours = folder.resolve("ours");
        Path theirs = folder.resolve("theirs");
        for (Path data : List.of(ours, theirs)) {
            try (VarveProcess dev = VarveProcess.dev(data)) {
                dev.awaitReady(READY_LIMIT);
                dev.terminate(STOP_LIMIT);
            }
        }
        String foreign = "file://" + theirs.resolve("bucket");

        assertThat(refused(VarveProcess.dev(ours, "--bucket", foreign)))
                .contains("bucket of another cluster")
                .contains(foreign);

        Path empty = folder.resolve("empty");
        assertThat(refused(VarveProcess.dev(empty, "--bucket", foreign)))
                .contains("varve recover run --cluster --bucket " + foreign);
        assertThat(Files.exists(empty.resolve("varve.properties"))).isFalse();
    }

    /// Its last line on stderr.
    private static String refused(VarveProcess process) throws Exception {
        try (process) {
            assertThat(process.awaitEnd(REFUSE_LIMIT)).isEqualTo(2);
            List<String> said =
                    process.stderr().lines().filter(line -> !line.startsWith("time=")).toList();
            assertThat(said).hasSize(1);
            return said.getFirst();
        }
    }
}
