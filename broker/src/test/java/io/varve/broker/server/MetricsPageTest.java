// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a running broker shows of itself, and the page that explains it.
final class MetricsPageTest {
    private static final Path PAGE = Path.of("..", "docs", "metrics.md");
    private static final Pattern NAME_ON_PAGE = Pattern.compile("`(varve_[a-z_]+)`");
    private static final Pattern FAMILY =
            Pattern.compile("(?m)^# TYPE (varve_[a-z_]+) (?:gauge|counter|histogram|summary)$");

    @TempDir Path directory;

    @Test
    void everyMetricIsOnThePageAndTheOtherWayRoundAndTheyMove() throws Exception {
        try (RunningBroker running =
                RunningBroker.start(
                        directory,
                        Map.of(
                                "archive.interval.ms", "100",
                                "object-store.price.gb-month", "1000"))) {
            running.createTopic("t", Map.of());
            use(running);

            String metrics = scrape(running);
            assertThat(families(metrics)).isEqualTo(namesOnPage());
            assertThat(value(metrics, "varve_ready")).isEqualTo(1);
            assertThat(value(metrics, "varve_shard_leader{shard=\"1\"}")).isEqualTo(1);
            assertThat(value(metrics, "varve_shard_commit_seconds_count{shard=\"1\"}"))
                    .isPositive();
            assertThat(value(metrics, "varve_request_seconds_count{api=\"Produce\"}"))
                    .isEqualTo(10);
            assertThat(metrics)
                    .contains("varve_request_seconds_bucket{api=\"Fetch\",le=\"0.005\"}");
            assertThat(value(metrics, "varve_tier_read_bytes_total{tier=\"local\"}"))
                    .isGreaterThan(10_000);
            assertThat(value(metrics, "varve_hot_disk_bytes{shard=\"1\"}")).isGreaterThan(1 << 20);
            assertThat(value(metrics, "varve_connections_accepted_total")).isPositive();
            assertThat(value(metrics, "varve_disk_usable_bytes")).isPositive();
            assertThat(value(metrics, "varve_bucket_requests_total{code=\"200\",op=\"put\"}"))
                    .isPositive();
            assertThat(value(metrics, "varve_bucket_request_seconds_count{op=\"put\"}"))
                    .isPositive();
            assertThat(value(metrics, "varve_bucket_request_rate_limit")).isEqualTo(1_000_000);
            assertThat(value(metrics, "varve_bucket_calls_waiting{priority=\"journal\"}")).isZero();
            Awaitility.await()
                    .untilAsserted(() -> {
                        String later = scrape(running);
                        assertThat(value(later, "varve_archive_lag_seconds{shard=\"1\"}")).isZero();
                        assertThat(value(later, "varve_bucket_sent_bytes_total"))
                                .as("the records are in a journal")
                                .isGreaterThan(10_000);
                        assertThat(value(later, "varve_bucket_stored_bytes")).isGreaterThan(10_000);
                        assertThat(value(later, "varve_bucket_cost_estimate_usd"))
                                .as("gb-month is 1000 dollars")
                                .isBetween(0.01, 1.0);
                        for (String job :
                                List.of("journaler", "checkpointer", "segmenter", "topics")) {
                            assertThat(lastSuccess(later, job, "1")).as(job).isPositive();
                        }
                        for (String job :
                                List.of("disk-pressure", "hot-retention-1", "generation-guard")) {
                            assertThat(lastSuccess(later, job, "")).as(job).isPositive();
                        }
                    });
        }
    }

    private static void use(RunningBroker running) throws Exception {
        Map<String, Object> client = new HashMap<>(running.client());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < 10; i++) {
                var _ = producer.send(new ProducerRecord<>("t", new byte[1_000])).get();
            }
        }
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition("t", 0)));
            consumer.seekToBeginning(consumer.assignment());
            Awaitility.await().until(() -> consumer.poll(Duration.ofMillis(100)).count() > 0);
        }
    }

    private static double lastSuccess(String metrics, String job, String shard) {
        return value(
                metrics,
                "varve_job_last_success_timestamp_seconds{job=\""
                        + job
                        + "\",shard=\""
                        + shard
                        + "\"}");
    }

    private static double value(String metrics, String series) {
        return metrics.lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such series: " + series));
    }

    /// A time's largest value is a gauge of its own there, and no metric of its own here.
    private static TreeSet<String> families(String metrics) {
        TreeSet<String> families = new TreeSet<>();
        for (Matcher type = FAMILY.matcher(metrics); type.find(); ) {
            families.add(type.group(1));
        }
        families.removeIf(name ->
                name.endsWith("_max") && families.contains(name.substring(0, name.length() - 4)));
        return families;
    }

    private static TreeSet<String> namesOnPage() throws Exception {
        TreeSet<String> names = new TreeSet<>();
        for (Matcher name = NAME_ON_PAGE.matcher(Files.readString(PAGE)); name.find(); ) {
            names.add(name.group(1));
        }
        return names;
    }

    private static String scrape(RunningBroker running) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://" + running.broker.http() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
