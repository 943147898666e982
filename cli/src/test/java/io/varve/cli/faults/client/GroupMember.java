// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.client;

import io.varve.cli.durability.SeededRecords;
import io.varve.cli.faults.history.Event;
import io.varve.cli.faults.history.Event.Outcome;
import io.varve.cli.faults.history.History;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;

/// A member of a consumer group that reads, checks every byte and commits what it read. Owner: one
/// thread, besides its own.
public final class GroupMember implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration COMMIT_LIMIT = Duration.ofSeconds(5);
    private static final long COMMIT_EVERY_NS = 300_000_000;

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String group;
    private final String name;
    private final SeededRecords records;
    private final History history;

    /// Number of the hold on each partition that is held now.
    private final Map<TopicPartition, Integer> holds = new HashMap<>();

    private final Set<TopicPartition> begun = new HashSet<>();
    private final Map<TopicPartition, Long> uncommitted = new HashMap<>();

    /// Where it is, for who waits for it.
    private final Map<TopicPartition, Long> reached = new ConcurrentHashMap<>();

    private final Loop loop;
    private int holdCount;
    private long committedNs = System.nanoTime();

    private GroupMember(
            String bootstrap,
            String topic,
            String group,
            int number,
            Map<String, String> more,
            SeededRecords records,
            History history) {
        Map<String, String> settings = new HashMap<>(more);
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("client.id", group + "-" + number);
        this.consumer = Consumers.of(bootstrap, settings);
        this.group = group;
        this.name = group + "-" + number;
        this.records = records;
        this.history = history;
        consumer.subscribe(List.of(topic), new Rebalances());
        this.loop = new Loop(name);
        loop.start(history, this::round, this::leave);
    }

    /// Starts a member of a group of the classic protocol.
    public static GroupMember classic(
            String bootstrap,
            String topic,
            String group,
            int number,
            SeededRecords records,
            History history) {
        return new GroupMember(
                bootstrap,
                topic,
                group,
                number,
                Map.of("session.timeout.ms", "6000", "heartbeat.interval.ms", "1000"),
                records,
                history);
    }

    /// Starts a member of a group of the new protocol (KIP-848).
    public static GroupMember modern(
            String bootstrap,
            String topic,
            String group,
            int number,
            SeededRecords records,
            History history) {
        return new GroupMember(
                bootstrap,
                topic,
                group,
                number,
                Map.of("group.protocol", "consumer"),
                records,
                history);
    }

    public String group() {
        return group;
    }

    /// Next offsets of the partitions that it has read of.
    public Map<TopicPartition, Long> reached() {
        return Map.copyOf(reached);
    }

    private void round() {
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                note(record);
            }
            if (System.nanoTime() - committedNs > COMMIT_EVERY_NS) {
                commit();
            }
        } catch (RetriableException e) {
            committedNs = System.nanoTime(); // a fault shows: later again
        }
    }

    private void note(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        String session = name + "#" + holds.getOrDefault(partition, 0);
        long now = history.nowNs();
        if (begun.add(partition)) {
            history.add(new Event.Assigned(now, group, session, partition, record.offset()));
        }
        Readings.note(record, session, records, history);
        uncommitted.put(partition, record.offset() + 1);
        reached.put(partition, record.offset() + 1);
    }

    private void commit() {
        committedNs = System.nanoTime();
        if (uncommitted.isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> offsets = Map.copyOf(uncommitted);
        Map<TopicPartition, OffsetAndMetadata> asked = new HashMap<>();
        offsets.forEach((partition, offset) -> asked.put(partition, new OffsetAndMetadata(offset)));
        history.add(new Event.Commit(history.nowNs(), group, name, offsets, Outcome.INVOKE, null));
        try {
            consumer.commitSync(asked, COMMIT_LIMIT);
            history.add(new Event.Commit(history.nowNs(), group, name, offsets, Outcome.OK, null));
            uncommitted.clear();
        } catch (CommitFailedException | RebalanceInProgressException e) {
            answered(offsets, Outcome.FAIL, e);
        } catch (KafkaException e) {
            answered(offsets, Outcome.UNKNOWN, e);
        }
    }

    private void answered(Map<TopicPartition, Long> offsets, Outcome outcome, Exception error) {
        history.add(
                new Event.Commit(
                        history.nowNs(), group, name, offsets, outcome, Errors.text(error)));
    }

    private void leave() {
        try {
            commit();
            consumer.close(
                    org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(5)));
        } catch (KafkaException e) {
            history.add(new Event.Step(history.nowNs(), name + " left badly: " + Errors.text(e)));
        }
    }

    /// Commits before a partition goes; a partition that comes is a hold of its own.
    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            commit();
            forget(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            forget(partitions);
        }

        private void forget(Collection<TopicPartition> partitions) {
            partitions.forEach(partition -> {
                uncommitted.remove(partition);
                holds.remove(partition);
                begun.remove(partition);
            });
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(partition -> {
                holds.put(partition, ++holdCount);
                begun.remove(partition);
            });
        }
    }

    /// Leaves the group, after a commit.
    public void stop() throws InterruptedException {
        loop.stop();
    }

    @Override
    public void close() {
        loop.ask();
    }
}
