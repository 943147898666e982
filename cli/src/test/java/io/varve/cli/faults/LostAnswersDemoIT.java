// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import io.varve.cli.durability.Ended;
import io.varve.cli.durability.Program;
import io.varve.objectstore.wire.Fault;
import io.varve.objectstore.wire.FaultPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The demo with its bucket behind a connection that loses one answer in thirty, of requests that
/// the server has carried out, and breaks off as many: of puts, reads, listings, deletes. Random:
/// the seed is in the message, and `-Dsim.seed=N` chooses the same share of answers again.
class LostAnswersDemoIT {
    private static final Map<Fault, Integer> PER_MILLE =
            Map.of(Fault.LOSE_ANSWER, 33, Fault.CUT_ANSWER, 33);
    private static final Duration DEMO = Duration.ofMinutes(4);
    private static final Duration RECOVER = Duration.ofMinutes(1);
    private static final Duration COLLECTED = Duration.ofMinutes(3);
    private static final String GRACE_MS = "2000";

    @Test
    void theDemoHoldsAndAfterTheGraceNothingIsLeftThatNothingNames(@TempDir Path folder)
            throws Exception {
        Optional<Path> minio = MinioBucket.command();
        if (minio.isEmpty()) {
            String reason = "no MinIO here: bin/test-servers minio install builds one";
            System.out.println("SKIPPED: LostAnswersDemoIT: " + reason);
            abort(reason);
        }
        long seed = Long.getLong("sim.seed", new Random().nextLong());
        try (MinioBucket bucket = MinioBucket.start(minio.orElseThrow(), folder)) {
            bucket.answers().follow(FaultPlan.random(seed, PER_MILLE));

            Ended demo =
                    Program.run(
                            folder, bucket.environment(), DEMO, "demo", "--bucket", bucket.url());

            assertThat(demo.exitCode()).as("seed=%d%n%s%s", seed, demo.out(), demo.said()).isZero();
            assertThat(bucket.answers().faults()).as("seed=" + seed).isGreaterThan(5);
            bucket.answers().end();
            requireNothingUnnamed(folder, bucket, "seed=" + seed);
        }
    }

    /// The demo leaves no broker: another one takes what it has restored, works a little, and
    /// tidies up.
    private static void requireNothingUnnamed(Path folder, MinioBucket bucket, String seed)
            throws Exception {
        Ended recovered = run(folder, bucket, "recover", "run", "--cluster", "--yes", "--force");
        assertThat(recovered.exitCode()).as("%s%n%s", seed, recovered.said()).isZero();
        Map<String, String> quick =
                Map.of(
                        "archive.interval.ms", "500",
                        "archive.segment.age.ms", "2000",
                        "archive.delete.grace.ms", GRACE_MS,
                        "archive.orphan.scan.interval.ms", "1000",
                        "log.retention.check.interval.ms", "500");
        try (Brokers brokers = Brokers.in(folder.resolve("tidy"), 1, bucket, quick)) {
            brokers.startDead();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers.bootstrap()))) {
                var _ =
                        admin.createTopics(List.of(new NewTopic("trickle", 1, (short) 1)))
                                .all()
                                .get(30, TimeUnit.SECONDS);
            }
            AtomicInteger audits = new AtomicInteger();
            try (KafkaProducer<byte[], byte[]> producer = producer(brokers.bootstrap())) {
                await().atMost(COLLECTED)
                        .pollDelay(Duration.ofSeconds(2))
                        .pollInterval(Duration.ofSeconds(2))
                        .untilAsserted(() -> {
                            producer.send(new ProducerRecord<>("trickle", new byte[100])).get();
                            assertThat(brokers.flushArchive()).isEmpty();
                            audits.incrementAndGet();
                            Ended audit =
                                    run(folder, bucket, "audit", "--delete-grace-ms", GRACE_MS);
                            assertThat(audit.exitCode()).as("%s%n%s", seed, audit.out()).isZero();
                        });
            }
            System.out.println(
                    "bad answers: "
                            + bucket.answers().faults()
                            + ", audits: "
                            + audits
                            + ", "
                            + seed);
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static Ended run(Path folder, MinioBucket bucket, String... command) throws Exception {
        String[] whole = java.util.Arrays.copyOf(command, command.length + 2);
        whole[command.length] = "--bucket";
        whole[command.length + 1] = bucket.url();
        return Program.run(folder, bucket.environment(), RECOVER, whole);
    }
}
