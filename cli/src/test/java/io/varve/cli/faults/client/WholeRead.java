// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import io.varve.cli.durability.SeededRecords;
import io.varve.cli.faults.history.Event;
import io.varve.cli.faults.history.History;
import io.varve.cli.faults.history.WholeLog;
import io.varve.cli.faults.history.WholeLog.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/// Reads all partitions from their start to their end. Stateless.
public final class WholeRead {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration STALLED = Duration.ofSeconds(20);

    private WholeRead() {}

    /// Where partitions end now.
    public static Map<TopicPartition, Long> ends(
            String bootstrap, List<TopicPartition> partitions) {
        try (KafkaConsumer<byte[], byte[]> consumer = Consumers.of(bootstrap, Map.of())) {
            return Map.copyOf(consumer.endOffsets(partitions));
        }
    }

    /// @param what which reading it is
    /// @return what there is; shorter than its ends when reading stood still
    public static WholeLog of(
            String what,
            String bootstrap,
            List<TopicPartition> partitions,
            SeededRecords records,
            History history) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                Consumers.of(bootstrap, Map.of("client.id", what))) {
            consumer.assign(partitions);
            Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, List<Entry>> read = new HashMap<>();
            Map<TopicPartition, Long> next = new HashMap<>(starts);
            partitions.forEach(partition -> {
                read.put(partition, new ArrayList<>());
                consumer.seek(partition, starts.getOrDefault(partition, 0L));
            });
            long progressNs = System.nanoTime();
            while (ends.entrySet().stream()
                            .anyMatch(end -> next.getOrDefault(end.getKey(), 0L) < end.getValue())
                    && System.nanoTime() - progressNs < STALLED.toNanos()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    TopicPartition partition =
                            new TopicPartition(record.topic(), record.partition());
                    if (record.offset() < ends.getOrDefault(partition, 0L)) {
                        note(what, record, records, history, read, partition);
                    }
                    next.put(partition, record.offset() + 1);
                    progressNs = System.nanoTime();
                }
            }
            Map<TopicPartition, WholeLog.Partition> whole = new HashMap<>();
            read.forEach((partition, entries) ->
                    whole.put(
                            partition,
                            new WholeLog.Partition(
                                    starts.getOrDefault(partition, 0L),
                                    ends.getOrDefault(partition, 0L),
                                    entries)));
            return new WholeLog(what, whole);
        }
    }

    private static void note(
            String what,
            ConsumerRecord<byte[], byte[]> record,
            SeededRecords records,
            History history,
            Map<TopicPartition, List<Entry>> read,
            TopicPartition partition) {
        try {
            SeededRecords.Name name = records.check(record);
            read.computeIfAbsent(partition, _ -> new ArrayList<>())
                    .add(new Entry(record.offset(), name.producer(), name.sequence()));
        } catch (AssertionError e) {
            history.add(new Event.Damaged(history.nowNs(), what, String.valueOf(e.getMessage())));
        }
    }
}
