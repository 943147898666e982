// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.demo;

import static io.varve.cli.shell.JsonShape.assertJsonShape;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.Run;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The operator's commands against a broker and its bucket: every JSON is what its schema says, and
/// a restore is planned, run, measured and verified.
class RecoverIT {
    private static final Duration READY_LIMIT = Duration.ofSeconds(20);
    private static final int RECORDS = 200;

    @TempDir Path folder;

    @Test
    void theCommandsTellOneStoryFromTheFirstRecordToTheVerifiedRestore() throws Exception {
        String bucket = "file://" + folder.resolve("bucket");
        try (VarveProcess dev = VarveProcess.dev(folder.resolve("data"), "--bucket", bucket)) {
            dev.awaitReady(READY_LIMIT);
            useTheCluster(dev.kafka());
            dev.kill();
        }

        json("recover-plan", "recover plan --cluster --bucket " + bucket);
        readTheBucket(bucket);

        int port = freePort();
        String address = "127.0.0.1:" + port;
        CompletableFuture<Run> restore =
                CompletableFuture.supplyAsync(() ->
                        Run.of(
                                ("recover run --cluster --yes --force -o json --bucket "
                                                + bucket
                                                + " --wait "
                                                + address)
                                        .split(" ")));
        awaitCut();
        try (VarveProcess restored =
                VarveProcess.dev(
                        folder.resolve("restored"),
                        "--bucket",
                        bucket,
                        "--kafka-port",
                        Integer.toString(port))) {
            restored.awaitReady(READY_LIMIT);
            Run run = restore.get(60, java.util.concurrent.TimeUnit.SECONDS);

            assertThat(run.exitCode()).as(run.err()).isZero();
            assertJsonShape("recover-run", run.out());
            JsonNode rto = new ObjectMapper().readTree(run.out()).get("rto");
            assertThat(rto.get("firstReadSeconds").asDouble()).isPositive();

            JsonNode verified =
                    json(
                            "recover-verify",
                            "recover verify --bucket " + bucket + " --bootstrap " + address);
            assertThat(verified.get("records").asLong()).isGreaterThanOrEqualTo(RECORDS);
            assertThat(json("topic-list", "topic list --bootstrap " + address).toString())
                    .contains("orders")
                    .doesNotContain("probe");
        }
    }

    private void useTheCluster(String kafka) throws Exception {
        Path input = folder.resolve("input");
        Files.writeString(
                input,
                IntStream.range(0, RECORDS)
                        .mapToObj(i -> "key:value-" + i)
                        .collect(Collectors.joining("\n")));
        String at = " --bootstrap " + kafka;
        json(
                "topic-create",
                "topic create orders --partitions 1 --config retention.ms=86400000" + at);
        json("topic-alter", "topic alter orders --config max.message.bytes=900000" + at);
        json("produce", "produce orders --key-separator : --input " + input + at);
        JsonNode described = json("topic-describe", "topic describe orders" + at);
        assertThat(described.get("configs").get("max.message.bytes").asText()).isEqualTo("900000");
        lines(
                "consume",
                "consume orders --from earliest --group billing --max " + RECORDS + at,
                RECORDS);
        json("group-list", "group list" + at);
        JsonNode group = json("group-describe", "group describe billing" + at);
        assertThat(group.get("partitions").get(0).get("committedOffset").asLong())
                .isEqualTo(RECORDS);
        json("archive-flush", "archive flush orders --segments" + at);
        json("archive-flush", "archive flush" + at);
        json("archive-status", "archive status" + at);
        JsonNode storage = json("topic-storage", "topic storage orders" + at);
        assertThat(storage.get("partitions").get(0).get("archivedEndOffset").asLong())
                .isEqualTo(RECORDS);
        json("topic-create", "topic create passing" + at);
        json("topic-delete", "topic delete passing --yes" + at);
    }

    private static void readTheBucket(String bucket) throws Exception {
        String at = " --bucket " + bucket;
        List<String> cat = lines("bucket-cat", "bucket cat orders/0 --from 50" + at, RECORDS - 50);
        assertThat(cat.getFirst()).contains("\"offset\":50").contains("value-50");
        Run list = Run.of(("bucket ls -o json" + at).split(" "));
        for (String line : list.out().lines().toList()) {
            assertJsonShape("bucket-ls", line);
            json(
                    "bucket-show",
                    "bucket show " + new ObjectMapper().readTree(line).get("key").asText() + at);
        }
    }

    private void awaitCut() {
        long deadlineNs = System.nanoTime() + READY_LIMIT.toNanos();
        while (!hasCut() && System.nanoTime() < deadlineNs) {
            java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
        assertThat(hasCut()).isTrue();
    }

    private boolean hasCut() {
        Run list = Run.of("bucket", "ls", "--bucket", "file://" + folder.resolve("bucket"));
        return list.out().contains("cut");
    }

    private static JsonNode json(String shape, String command) throws Exception {
        Run run = Run.of((command + " -o json").split(" "));
        assertThat(run.exitCode()).as("%s: %s %s", command, run.out(), run.err()).isZero();
        assertJsonShape(shape, run.out());
        return new ObjectMapper().readTree(run.out());
    }

    private static List<String> lines(String shape, String command, int count) {
        Run run = Run.of((command + " -o json").split(" "));
        assertThat(run.exitCode()).as("%s: %s", command, run.err()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).as(run.err()).hasSize(count);
        lines.forEach(line -> assertJsonShape(shape, line));
        return lines;
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
