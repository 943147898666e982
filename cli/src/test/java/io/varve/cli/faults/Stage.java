// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults;

import io.varve.cli.durability.SeededRecords;
import io.varve.cli.faults.client.Ticks;
import io.varve.cli.faults.history.Event;
import io.varve.cli.faults.history.History;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/// Where a scenario plays: brokers, bucket, clients' history, and what steps left behind. Owner:
/// one thread.
final class Stage implements AutoCloseable {
    private static final Duration LEADER_LIMIT = Duration.ofSeconds(30);

    private final Path folder;
    private final Brokers brokers;
    private final Bucket bucket;
    private final History history;
    private final SeededRecords records;
    private final List<TopicPartition> partitions;
    private final SplittableRandom random;
    private final Deque<Undo> undos = new ArrayDeque<>();
    private final Map<String, Long> figures = new HashMap<>();
    private final List<String> complaints = new ArrayList<>();
    private List<Integer> victims = List.of();

    /// What ends a fault.
    interface Undo {
        void run() throws IOException;
    }

    Stage(
            Path folder,
            Brokers brokers,
            Bucket bucket,
            History history,
            SeededRecords records,
            List<TopicPartition> partitions) {
        this.folder = folder;
        this.brokers = brokers;
        this.bucket = bucket;
        this.history = history;
        this.records = records;
        this.partitions = List.copyOf(partitions);
        this.random = new SplittableRandom(records.seed());
    }

    Path folder() {
        return folder;
    }

    Brokers brokers() {
        return brokers;
    }

    Bucket bucket() {
        return bucket;
    }

    History history() {
        return history;
    }

    SeededRecords records() {
        return records;
    }

    List<TopicPartition> partitions() {
        return partitions;
    }

    SplittableRandom random() {
        return random;
    }

    /// Whether a majority lives on without one.
    boolean redundant() {
        return brokers.count() >= 3;
    }

    /// A number for the verdict.
    void figure(String name, long value) {
        figures.merge(name, value, Long::sum);
    }

    Map<String, Long> figures() {
        return Map.copyOf(figures);
    }

    /// A claim of a step that does not hold.
    void complain(String what) {
        complaints.add(what);
    }

    List<String> complaints() {
        return List.copyOf(complaints);
    }

    void say(String what) {
        history.add(new Event.Step(history.nowNs(), what));
        System.out.printf("  %5.1f s  %s%n", history.nowNs() / 1e9, what);
    }

    /// What must be undone at the end, whatever happens.
    void later(Undo undo) {
        undos.push(undo);
    }

    /// Ends all faults: paused processes go on, links heal, the bucket is back. Dead brokers are
    /// not started.
    void heal() throws IOException {
        brokers.links().healAll();
        brokers.resumeAll();
        bucket.bringBack();
        while (!undos.isEmpty()) {
            undos.pop().run();
        }
    }

    /// A time between two, by the seed.
    Duration between(double leastSeconds, double mostSeconds) {
        return Duration.ofMillis(
                (long)
                        (1000
                                * (leastSeconds
                                        + random.nextDouble() * (mostSeconds - leastSeconds))));
    }

    void pass(Duration time) {
        Ticks.pass(time);
    }

    List<Integer> choose(Who who) throws Exception {
        List<Integer> all = List.copyOf(brokers.ids());
        victims =
                switch (who) {
                    case LEADER -> List.of(leader(partitions.getFirst()));
                    case FOLLOWER -> {
                        int leader = leader(partitions.getFirst());
                        List<Integer> others = all.stream().filter(id -> id != leader).toList();
                        yield others.isEmpty()
                                ? all
                                : List.of(others.get(random.nextInt(others.size())));
                    }
                    case ANY -> List.of(all.get(random.nextInt(all.size())));
                    case ALL -> all;
                    case VICTIM -> victims;
                };
        return victims;
    }

    /// Who leads a partition of the load.
    Set<Integer> leaders() throws Exception {
        Set<Integer> leaders = new HashSet<>();
        for (TopicPartition partition : partitions) {
            leaders.add(leader(partition));
        }
        return leaders;
    }

    /// The broker that clients are told leads a partition.
    int leader(TopicPartition partition) throws Exception {
        long endNs = System.nanoTime() + LEADER_LIMIT.toNanos();
        try (Admin admin =
                Admin.create(
                        Map.of(
                                "bootstrap.servers",
                                brokers.bootstrap(),
                                "request.timeout.ms",
                                "2000",
                                "default.api.timeout.ms",
                                "5000"))) {
            while (System.nanoTime() < endNs) {
                try {
                    TopicDescription topic =
                            admin.describeTopics(List.of(partition.topic()))
                                    .allTopicNames()
                                    .get(5, TimeUnit.SECONDS)
                                    .get(partition.topic());
                    if (topic != null) {
                        for (TopicPartitionInfo info : topic.partitions()) {
                            if (info.partition() == partition.partition()
                                    && info.leader() != null
                                    && !info.leader().isEmpty()) {
                                return info.leader().id();
                            }
                        }
                    }
                } catch (ExecutionException | TimeoutException _) {
                    Ticks.pass(Duration.ofMillis(200));
                }
                Ticks.pass(Duration.ofMillis(50));
            }
        }
        throw new IllegalStateException("no leader in " + LEADER_LIMIT + ": " + partition);
    }

    /// Returns when each partition has a record that was sent after now and acknowledged.
    ///
    /// @return how long it took, or nothing when it took longer than the limit
    java.util.Optional<Duration> awaitProgress(Duration limit) {
        long fromNs = history.nowNs();
        Set<TopicPartition> left = new HashSet<>(partitions);
        Map<TopicPartition, Long> firstSent = new HashMap<>();
        int seen = history.size();
        while (history.nowNs() - fromNs < limit.toNanos()) {
            List<Event> fresh = history.from(seen);
            seen += fresh.size();
            for (Event event : fresh) {
                switch (event) {
                    case Event.Sent e when e.atNs() >= fromNs ->
                            firstSent.putIfAbsent(key(e.partition(), e.producer()), e.sequence());
                    case Event.Acknowledged e -> {
                        Long sent = firstSent.get(key(e.partition(), e.producer()));
                        if (sent != null && e.sequence() >= sent) {
                            left.remove(e.partition());
                        }
                    }
                    default -> {}
                }
            }
            if (left.isEmpty()) {
                return java.util.Optional.of(Duration.ofNanos(history.nowNs() - fromNs));
            }
            Ticks.pass(Duration.ofMillis(20));
        }
        return java.util.Optional.empty();
    }

    private static TopicPartition key(TopicPartition partition, int producer) {
        return new TopicPartition(producer + "/" + partition.topic(), partition.partition());
    }

    @Override
    public void close() throws IOException {
        try {
            heal();
        } finally {
            brokers.close();
            bucket.close();
        }
    }
}
