// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.data;

import io.varve.cli.shell.ClusterAccess;
import io.varve.cli.shell.CommandFailure;
import io.varve.cli.shell.ExitCode;
import io.varve.cli.shell.Output;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `varve consume`
@Command(
        name = "consume",
        description = "Prints records, one a line (-o json: one JSON object a line).",
        footer = {"", "Example:  varve consume orders --from earliest --max 10"})
public final class ConsumeCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(250);

    @Mixin private final Output output = new Output();
    @Mixin private final ClusterAccess cluster = new ClusterAccess();

    @Parameters(index = "0", paramLabel = "TOPIC")
    private String topic = "";

    @Option(
            names = "--from",
            description = "an offset, a time, earliest, or latest (default)",
            paramLabel = "POSITION")
    private @Nullable String from;

    @Option(names = "--max", description = "end after so many records", paramLabel = "N")
    private long max = Long.MAX_VALUE;

    @Option(
            names = "--group",
            description = "as a member of this group; commits what was printed",
            paramLabel = "GROUP")
    private @Nullable String group;

    @Option(
            names = "--until-end",
            description = "end when the end of all partitions, as it is now, is reached")
    private boolean untilEnd;

    /// One line of JSON.
    record Line(
            String topic,
            int partition,
            long offset,
            String timestamp,
            @Nullable String key,
            @Nullable String value) {}

    @Override
    public Integer call() throws CommandFailure {
        StartPosition start = StartPosition.parse(from == null ? "latest" : from);
        Properties properties = cluster.clientProperties();
        properties.setProperty("enable.auto.commit", "false");
        properties.putIfAbsent(
                "auto.offset.reset", from == null || from.equals("latest") ? "latest" : "earliest");
        String member = group;
        if (member != null) {
            properties.setProperty("group.id", member);
        }
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Map<TopicPartition, Long> ends = position(consumer, start, member != null);
            print(consumer, member != null, ends);
            return ExitCode.DONE;
        } catch (org.apache.kafka.common.KafkaException e) {
            throw new CommandFailure(
                    "cannot consume: topic="
                            + topic
                            + ", --bootstrap="
                            + cluster.bootstrap()
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private Map<TopicPartition, Long> position(
            KafkaConsumer<byte[], byte[]> consumer, StartPosition start, boolean inGroup)
            throws CommandFailure {
        List<PartitionInfo> partitions = consumer.partitionsFor(topic);
        if (partitions == null || partitions.isEmpty()) {
            throw new CommandFailure(
                    "no such topic: " + topic + "; varve topic list shows what there is");
        }
        List<TopicPartition> all =
                partitions.stream()
                        .map(info -> new TopicPartition(topic, info.partition()))
                        .toList();
        Map<TopicPartition, Long> ends = untilEnd ? consumer.endOffsets(all) : Map.of();
        if (inGroup) {
            consumer.subscribe(List.of(topic));
            return ends;
        }
        consumer.assign(all);
        switch (start) {
            case StartPosition.Earliest earliest -> consumer.seekToBeginning(all);
            case StartPosition.Latest latest -> consumer.seekToEnd(all);
            case StartPosition.At at -> all.forEach(tp -> consumer.seek(tp, at.offset()));
            case StartPosition.Since since -> seek(consumer, all, since.time());
        }
        return ends;
    }

    private static void seek(
            KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions, Instant time) {
        Map<TopicPartition, Long> times =
                partitions.stream().collect(Collectors.toMap(tp -> tp, tp -> time.toEpochMilli()));
        for (Map.Entry<TopicPartition, OffsetAndTimestamp> found :
                consumer.offsetsForTimes(times).entrySet()) {
            if (found.getValue() == null) {
                consumer.seekToEnd(List.of(found.getKey()));
            } else {
                consumer.seek(found.getKey(), found.getValue().offset());
            }
        }
    }

    private void print(
            KafkaConsumer<byte[], byte[]> consumer,
            boolean inGroup,
            Map<TopicPartition, Long> ends) {
        long printed = 0;
        while (printed < max && !reached(consumer, ends)) {
            Map<TopicPartition, OffsetAndMetadata> shown = new HashMap<>();
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (printed == max) {
                    break;
                }
                output.out().println(output.json() ? json(record) : text(record.value()));
                shown.put(
                        new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1));
                printed++;
            }
            output.out().flush();
            if (inGroup && !shown.isEmpty()) {
                consumer.commitSync(shown);
            }
        }
    }

    private boolean reached(
            KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        return untilEnd
                && consumer.assignment().containsAll(ends.keySet())
                && ends.entrySet().stream()
                        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private String json(ConsumerRecord<byte[], byte[]> record) {
        Line line =
                new Line(
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        Instant.ofEpochMilli(record.timestamp()).toString(),
                        record.key() == null ? null : text(record.key()),
                        record.value() == null ? null : text(record.value()));
        return Output.toJsonLine(line);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }
}
