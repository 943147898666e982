// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A kill says nothing about the disk: the kernel keeps what was written. So this looks at the
/// broker's system calls, traced by strace, whether the flush precedes the answer. Needs strace;
/// `.ci/run` installs it.
class SyscallOrderIT {
    private static final int RECORDS = 20;
    private static final Pattern SHARD_LOG = Pattern.compile("/data/shards/.*\\.log$");
    private static final Pattern RAFT_LOG = Pattern.compile("/data/raft/.*/log_inprogress_\\d+$");
    private static final Duration TRACE_LIMIT = Duration.ofSeconds(20);

    /// Long enough for a request's and a frame's headers with the mark behind them.
    private static final String STRING_BYTES = "512";

    @TempDir Path folder;

    @Test
    void theFlushPrecedesTheAnswer() throws Exception {
        assumeThat(straceRuns())
                .as("strace is not installed or may not trace: the order of flushes is not tested")
                .isTrue();
        Path trace = folder.resolve("trace");
        List<String> marks = new ArrayList<>();
        try (BrokerNode broker = BrokerNode.in(folder).wrappedBy(strace(trace)).start()) {
            Cluster.createTopic(broker.kafka(), "orders", 1);
            produceOneByOne(broker, marks);
            broker.kill();
            awaitWhole(trace, broker.pid());
        }

        List<SystemCall> calls = SystemCall.parse(Files.readAllLines(trace));
        FlushOrder order = new FlushOrder(calls, SHARD_LOG, RAFT_LOG);
        assertThat(marks).hasSize(RECORDS);
        assertThat(marks.stream().map(order::violation).flatMap(Optional::stream)).isEmpty();
        System.out.printf("syscall order: records=%d, calls=%d%n", RECORDS, calls.size());
    }

    private static List<String> strace(Path trace) {
        return List.of(
                "strace",
                "-D",
                "-f",
                "-tt",
                "-yy",
                "-xx",
                "--seccomp-bpf",
                "-s",
                STRING_BYTES,
                "-o",
                trace.toString(),
                "-e",
                "trace=readv,recvfrom,recvmsg,write,pwrite64,writev,pwritev,pwritev2,"
                        + "sendto,sendmsg,sendfile,fdatasync,fsync,msync");
    }

    private static boolean straceRuns() throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void produceOneByOne(BrokerNode broker, List<String> marks) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", broker.kafka());
        properties.setProperty("acks", "all");
        properties.setProperty("linger.ms", "0");
        properties.setProperty("compression.type", "none");
        properties.setProperty("max.in.flight.requests.per.connection", "1");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                String mark = String.format("mark-%06d", i);
                var metadata =
                        producer.send(
                                        new ProducerRecord<>(
                                                "orders",
                                                0,
                                                null,
                                                mark.getBytes(StandardCharsets.UTF_8)))
                                .get(30, TimeUnit.SECONDS);
                assertThat(metadata.offset()).isEqualTo(i);
                marks.add(mark);
            }
        }
    }

    /// strace says last that the process's first thread is gone.
    private static void awaitWhole(Path trace, long pid) {
        Pattern gone = Pattern.compile("(?m)^" + pid + " .*\\+\\+\\+ killed by SIGKILL");
        Awaitility.await()
                .atMost(TRACE_LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> gone.matcher(Files.readString(trace)).find());
    }
}
