// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.recover;

import io.varve.cli.shell.CommandFailure;
import io.varve.recovery.PartitionPlan;
import io.varve.recovery.TopicPlan;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeleteTopicsOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// Waits for a restored cluster and measures, by Kafka's own clients, when it first answers a read,
/// a write, and questions about groups. The write goes to a topic that is made for it and deleted:
/// no topic of the user's changes.
///
/// Owner: one command.
final class RestoreTimes {
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final String TIMEOUT_MS = "5000";
    private static final int REMOVE_LIMIT_MS = 30_000;
    private static final String PROBE = "varve-restore-probe-";

    private final String bootstrap;
    private final long startNs;
    private final Consumer<String> progress;

    /// One attempt.
    @FunctionalInterface
    private interface Attempt {
        boolean succeeds() throws ExecutionException, InterruptedException;
    }

    /// @param startNs when the restore began, as [System#nanoTime]
    RestoreTimes(String bootstrap, long startNs, Consumer<String> progress) {
        this.bootstrap = bootstrap;
        this.startNs = startNs;
        this.progress = progress;
    }

    /// Returns when everything answered.
    ///
    /// @throws CommandFailure it does not within [#LIMIT]
    RunView.Rto measure(List<TopicPlan> topics) throws CommandFailure {
        progress.accept(
                "waiting for a broker: "
                        + bootstrap
                        + "; start it on an empty directory with this bucket");
        double read = until("first read", () -> reads(topics));
        double write = until("first write", this::writes);
        double groups = until("groups ready", this::groupsAnswer);
        removeProbe();
        return new RunView.Rto(read, write, groups);
    }

    private double until(String what, Attempt attempt) throws CommandFailure {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        String last = "no answer";
        while (System.nanoTime() < deadlineNs) {
            try {
                if (attempt.succeeds()) {
                    double seconds = Math.round((System.nanoTime() - startNs) / 1e7) / 100.0;
                    progress.accept(String.format(Locale.ROOT, "%s: %.2f s", what, seconds));
                    return seconds;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CommandFailure("interrupted while waiting: --wait=" + bootstrap, e);
            } catch (ExecutionException | KafkaException e) {
                last = String.valueOf(e.getMessage());
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        throw new CommandFailure(
                "restored cluster does not answer: what="
                        + what
                        + ", --wait="
                        + bootstrap
                        + ", seconds="
                        + LIMIT.toSeconds()
                        + ", error="
                        + last
                        + "; the restore itself is done, see the broker's log");
    }

    private boolean reads(List<TopicPlan> topics) {
        Optional<PartitionPlan> first =
                topics.stream()
                        .flatMap(topic -> topic.partitions().stream())
                        .filter(partition -> partition.endOffset() > partition.logStart())
                        .findFirst();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            if (first.isEmpty()) {
                consumer.listTopics();
                return true;
            }
            TopicPartition partition =
                    new TopicPartition(first.get().topicName(), first.get().id().partition());
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return consumer.position(partition) > first.get().logStart()
                    || !consumer.poll(POLL).isEmpty();
        }
    }

    /// A broker deletes a topic once the bucket knows of it, so this may take some seconds; nothing
    /// is measured any more.
    private void removeProbe() throws CommandFailure {
        try (Admin admin = Admin.create(properties())) {
            admin.deleteTopics(
                            List.of(probe()), new DeleteTopicsOptions().timeoutMs(REMOVE_LIMIT_MS))
                    .all()
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted while removing a topic: topic=" + probe(), e);
        } catch (ExecutionException | KafkaException e) {
            progress.accept(
                    "topic was not removed: topic="
                            + probe()
                            + ": "
                            + e.getMessage()
                            + "; remove it by varve topic delete");
        }
    }

    private String probe() {
        return PROBE + Long.toHexString(startNs);
    }

    private boolean writes() throws ExecutionException, InterruptedException {
        String topic = probe();
        try (Admin admin = Admin.create(properties())) {
            if (!admin.listTopics().names().get().contains(topic)) {
                admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
                        .all()
                        .get();
            }
            try (KafkaProducer<byte[], byte[]> producer =
                    new KafkaProducer<>(
                            properties(), new ByteArraySerializer(), new ByteArraySerializer())) {
                producer.send(new ProducerRecord<>(topic, new byte[] {1})).get();
            }
            return true;
        }
    }

    private boolean groupsAnswer() throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(properties())) {
            for (GroupListing group : admin.listGroups().all().get()) {
                admin.listConsumerGroupOffsets(group.groupId())
                        .partitionsToOffsetAndMetadata()
                        .get();
            }
            return true;
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.putAll(
                Map.of(
                        "bootstrap.servers", bootstrap,
                        "request.timeout.ms", TIMEOUT_MS,
                        "default.api.timeout.ms", TIMEOUT_MS,
                        "client.id", "varve-cli"));
        properties.put("max.block.ms", TIMEOUT_MS);
        properties.put("delivery.timeout.ms", TIMEOUT_MS);
        properties.put("linger.ms", "0");
        properties.put("allow.auto.create.topics", "false");
        return properties;
    }
}
