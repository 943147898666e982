// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import static io.varve.cli.faults.history.ProgressChecks.ARCHIVED_END;
import static io.varve.cli.faults.history.ProgressChecks.HIGH_WATERMARK;
import static io.varve.cli.faults.history.ProgressChecks.JOURNALED_END;
import static io.varve.cli.faults.history.ProgressChecks.LOG_START;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.faults.history.Event;
import io.varve.cli.faults.history.History;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/// Asks again and again where offsets are: the cluster, by Kafka's admin client, and every broker,
/// by its HTTP side. Owner: one thread, besides its own.
public final class Sampler implements AutoCloseable {
    private static final Duration BETWEEN = Duration.ofMillis(300);
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Admin admin;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<TopicPartition> partitions;
    private final Supplier<Map<String, String>> lives;
    private final History history;
    private final Loop loop;

    private Sampler(
            String bootstrap,
            List<TopicPartition> partitions,
            Supplier<Map<String, String>> lives,
            History history) {
        this.admin =
                Admin.create(
                        Map.of(
                                "bootstrap.servers",
                                bootstrap,
                                "client.id",
                                "sampler",
                                "request.timeout.ms",
                                "2000",
                                "default.api.timeout.ms",
                                "2000"));
        this.partitions = List.copyOf(partitions);
        this.lives = lives;
        this.history = history;
        this.loop = new Loop("sampler");
        loop.start(history, this::round, this::end);
    }

    /// @param lives of each broker that runs, a name of its present life and the address of its
    ///   HTTP side
    public static Sampler start(
            String bootstrap,
            List<TopicPartition> partitions,
            Supplier<Map<String, String>> lives,
            History history) {
        return new Sampler(bootstrap, partitions, lives, history);
    }

    private void round() throws InterruptedException {
        askCluster();
        lives.get().forEach(this::askBroker);
        Ticks.pass(BETWEEN);
    }

    private void askCluster() throws InterruptedException {
        Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        partitions.forEach(partition -> {
            earliest.put(partition, OffsetSpec.earliest());
            latest.put(partition, OffsetSpec.latest());
        });
        long beganNs = history.nowNs();
        var starts = admin.listOffsets(earliest);
        var ends = admin.listOffsets(latest);
        for (TopicPartition partition : partitions) {
            Map<String, Long> figures = new HashMap<>();
            put(figures, LOG_START, starts.partitionResult(partition));
            put(figures, HIGH_WATERMARK, ends.partitionResult(partition));
            if (!figures.isEmpty()) {
                history.add(
                        new Event.Sampled(history.nowNs(), beganNs, "cluster", partition, figures));
            }
        }
    }

    private static void put(
            Map<String, Long> figures,
            String name,
            org.apache.kafka.common.KafkaFuture<ListOffsetsResultInfo> answer)
            throws InterruptedException {
        try {
            figures.put(name, answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS).offset());
        } catch (ExecutionException | TimeoutException _) {
            return; // nothing was said
        }
    }

    private void askBroker(String life, String address) {
        for (String topic : partitions.stream().map(TopicPartition::topic).distinct().toList()) {
            long beganNs = history.nowNs();
            try {
                HttpResponse<String> answer =
                        http.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        "http://"
                                                                + address
                                                                + "/api/v1/topics/"
                                                                + topic
                                                                + "/storage"))
                                        .timeout(LIMIT)
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    for (JsonNode node : JSON.readTree(answer.body()).path("partitions")) {
                        note(life, topic, node, beganNs);
                    }
                }
            } catch (IOException _) {
                return; // killed, stopped or not there yet
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void note(String life, String topic, JsonNode node, long beganNs) {
        TopicPartition partition = new TopicPartition(topic, node.path("partition").asInt());
        Map<String, Long> figures = new HashMap<>();
        figures.put(LOG_START, node.path("logStartOffset").asLong());
        figures.put(ARCHIVED_END, node.path("archivedEndOffset").asLong());
        figures.put(JOURNALED_END, node.path("journaledEndOffset").asLong());
        figures.put(HIGH_WATERMARK, node.path("highWatermark").asLong());
        history.add(new Event.Sampled(history.nowNs(), beganNs, life, partition, figures));
    }

    private void end() {
        admin.close(Duration.ofSeconds(1));
        http.close();
    }

    public void stop() throws InterruptedException {
        loop.stop();
    }

    @Override
    public void close() {
        loop.ask();
    }
}
