// SPDX-License-Identifier: Apache-2.0
package io.varve.bench;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// How long producers stall when the leader of their partition goes: writes to partition 0 every
/// few milliseconds (acks=all, idempotent), ends the leader's process, and prints the longest time
/// between two acknowledgements.
///
/// ```
/// FailoverBench BOOTSTRAP TOPIC NODE=PID,NODE=PID,... kill|term
/// ```
public final class FailoverBench {
    private static final Duration WARM = Duration.ofSeconds(5);
    private static final Duration AFTER = Duration.ofSeconds(15);
    private static final long PAUSE_NS = 5_000_000;

    private FailoverBench() {}

    public static void main(String[] args) throws Exception {
        Map<Integer, Long> pids = new HashMap<>();
        for (String pair : args[2].split(",", -1)) {
            String[] parts = pair.split("=", 2);
            pids.put(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
        }
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", args[0]);
        properties.setProperty("acks", "all");
        properties.setProperty("linger.ms", "0");
        properties.setProperty("enable.idempotence", "true");
        properties.setProperty("delivery.timeout.ms", "60000");
        properties.setProperty("request.timeout.ms", "15000");
        AtomicLong lastAckNs = new AtomicLong(System.nanoTime());
        AtomicLong longestNs = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        AtomicLong acked = new AtomicLong();
        AtomicBoolean running = new AtomicBoolean(true);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            Thread writer =
                    Thread.ofPlatform()
                            .start(() -> {
                                while (running.get()) {
                                    var _ =
                                            producer.send(
                                                    new ProducerRecord<>(
                                                            args[1], 0, null, new byte[100]),
                                                    (metadata, error) -> {
                                                        if (error != null) {
                                                            failed.incrementAndGet();
                                                            return;
                                                        }
                                                        acked.incrementAndGet();
                                                        long now = System.nanoTime();
                                                        long gap = now - lastAckNs.getAndSet(now);
                                                        longestNs.accumulateAndGet(gap, Math::max);
                                                    });
                                    LockSupport.parkNanos(PAUSE_NS);
                                }
                            });
            LockSupport.parkNanos(WARM.toNanos());
            longestNs.set(0);
            int leader = leader(properties, args[1]);
            ProcessHandle process = ProcessHandle.of(pids.getOrDefault(leader, -1L)).orElseThrow();
            boolean told = args[3].equals("kill") ? process.destroyForcibly() : process.destroy();
            LockSupport.parkNanos(AFTER.toNanos());
            running.set(false);
            writer.join();
            producer.flush();
            System.out.printf(
                    "how=%s leader=%d told=%b acked=%d failed=%d stall_ms=%d%n",
                    args[3], leader, told, acked.get(), failed.get(), longestNs.get() / 1_000_000);
        }
    }

    private static int leader(Properties properties, String topic) throws Exception {
        Properties admin = new Properties();
        admin.setProperty("bootstrap.servers", properties.getProperty("bootstrap.servers"));
        try (Admin client = Admin.create(admin)) {
            TopicDescription described =
                    requireNonNull(
                            client.describeTopics(List.of(topic)).allTopicNames().get().get(topic));
            return requireNonNull(described.partitions().getFirst().leader(), "no leader").id();
        }
    }
}
