// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.durability.SeededRecords;
import io.varve.cli.faults.client.GroupMember;
import io.varve.cli.faults.client.OldReader;
import io.varve.cli.faults.client.RecordingProducer;
import io.varve.cli.faults.client.Sampler;
import io.varve.cli.faults.client.Ticks;
import io.varve.cli.faults.history.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/// The load of every scenario: producers, a group of each protocol, a reader of old offsets, and
/// who asks for offsets. Owner: one thread.
final class Clients implements AutoCloseable {
    private static final int PRODUCERS = 2;
    private static final int RECORDS_PER_SECOND = 120;
    private static final String CLASSIC = "classic";
    private static final String MODERN = "modern";

    private final List<RecordingProducer> producers = new ArrayList<>();
    private final List<GroupMember> members = new ArrayList<>();
    private final OldReader reader;
    private final Sampler sampler;

    private Clients(OldReader reader, Sampler sampler) {
        this.reader = reader;
        this.sampler = sampler;
    }

    static Clients start(
            Brokers brokers,
            List<TopicPartition> partitions,
            SeededRecords records,
            History history) {
        String bootstrap = brokers.bootstrap();
        Clients clients =
                new Clients(
                        OldReader.start(bootstrap, partitions, records, history),
                        Sampler.start(bootstrap, partitions, brokers::lives, history));
        String topic = partitions.getFirst().topic();
        for (int i = 0; i < PRODUCERS; i++) {
            clients.producers.add(
                    RecordingProducer.start(
                            bootstrap, i, records, partitions, history, RECORDS_PER_SECOND));
        }
        clients.members.add(GroupMember.classic(bootstrap, topic, CLASSIC, 1, records, history));
        clients.members.add(GroupMember.classic(bootstrap, topic, CLASSIC, 2, records, history));
        clients.members.add(GroupMember.modern(bootstrap, topic, MODERN, 1, records, history));
        return clients;
    }

    long acknowledged() {
        return producers.stream().mapToLong(RecordingProducer::acknowledged).sum();
    }

    long readOld() {
        return reader.read();
    }

    Set<String> groups() {
        return new TreeSet<>(members.stream().map(GroupMember::group).toList());
    }

    /// Whether each group has read something of each partition.
    boolean allBegun(List<TopicPartition> partitions) {
        return partitions.stream()
                .allMatch(partition ->
                        groups().stream().allMatch(group -> reached(group, partition) > 0));
    }

    private long reached(String group, TopicPartition partition) {
        return members.stream()
                .filter(member -> member.group().equals(group))
                .mapToLong(member -> member.reached().getOrDefault(partition, 0L))
                .max()
                .orElse(0);
    }

    /// Producers stop; returns when all they sent is answered.
    ///
    /// @return whether that was in time
    boolean finishProducers(Duration limit) throws InterruptedException {
        boolean all = true;
        for (RecordingProducer producer : producers) {
            all &= producer.finish(limit);
        }
        return all;
    }

    /// Readers stop when the groups have read up to the ends.
    ///
    /// @return groups that did not get there in time
    List<String> finishReaders(Map<TopicPartition, Long> ends, Duration limit)
            throws InterruptedException {
        boolean late =
                Ticks.passWhile(
                        limit,
                        () -> groups().stream().anyMatch(group -> !behind(group, ends).isEmpty()));
        List<String> stuck = new ArrayList<>();
        if (late) {
            groups().forEach(group -> {
                Map<TopicPartition, String> behind = behind(group, ends);
                if (!behind.isEmpty()) {
                    stuck.add("group " + group + " stands still: " + behind);
                }
            });
        }
        for (GroupMember member : members) {
            member.stop();
        }
        reader.stop();
        sampler.stop();
        return stuck;
    }

    private Map<TopicPartition, String> behind(String group, Map<TopicPartition, Long> ends) {
        Map<TopicPartition, String> behind = new HashMap<>();
        ends.forEach((partition, end) -> {
            long reached = reached(group, partition);
            if (reached < end) {
                behind.put(partition, reached + " of " + end);
            }
        });
        return behind;
    }

    /// What groups committed, as the cluster says.
    static Map<String, Map<TopicPartition, Long>> committed(String bootstrap, Set<String> groups)
            throws Exception {
        Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
        try (Admin admin =
                Admin.create(
                        Map.of(
                                "bootstrap.servers",
                                bootstrap,
                                "default.api.timeout.ms",
                                "30000"))) {
            for (String group : groups) {
                Map<TopicPartition, Long> offsets = new HashMap<>();
                admin.listConsumerGroupOffsets(group)
                        .partitionsToOffsetAndMetadata()
                        .get(30, TimeUnit.SECONDS)
                        .forEach((partition, offset) -> {
                            if (offset != null) {
                                offsets.put(partition, offset.offset());
                            }
                        });
                committed.put(group, offsets);
            }
        }
        return committed;
    }

    @Override
    public void close() {
        producers.forEach(RecordingProducer::close);
        members.forEach(GroupMember::close);
        reader.close();
        sampler.close();
    }
}
