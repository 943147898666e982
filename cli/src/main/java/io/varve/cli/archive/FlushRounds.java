// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.archive;

import io.varve.broker.http.AdminView.Flushed;
import io.varve.broker.http.AdminView.FlushedPartition;
import io.varve.cli.shell.CommandFailure;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;

/// Asks all brokers to flush what they lead, again until every partition was flushed by somebody:
/// leadership may move between two questions, and does shortly after a topic is made.
///
/// Owner: one thread.
final class FlushRounds {
    private static final Duration AGAIN_AFTER = Duration.ofMillis(500);

    private final Brokers brokers;
    private final Duration limit;

    /// One broker's answer to the request.
    @FunctionalInterface
    interface Broker {
        Flushed flush() throws CommandFailure;
    }

    /// The brokers that the cluster has now.
    @FunctionalInterface
    interface Brokers {
        List<Broker> now() throws CommandFailure;
    }

    /// @param limit after which no further round begins
    FlushRounds(Brokers brokers, Duration limit) {
        this.brokers = brokers;
        this.limit = limit;
    }

    /// @return what was flushed, by topic and partition
    /// @throws CommandFailure in the last round a broker refused, or a partition had no leader
    Flushed flush(Collection<TopicPartition> wanted) throws CommandFailure {
        long endNs = System.nanoTime() + limit.toNanos();
        Map<TopicPartition, FlushedPartition> flushed = new HashMap<>();
        while (true) {
            try {
                round(flushed);
                requireAll(wanted, flushed);
                return new Flushed(
                        flushed.values().stream()
                                .sorted(
                                        Comparator.comparing(FlushedPartition::topic)
                                                .thenComparingInt(FlushedPartition::partition))
                                .toList());
            } catch (CommandFailure e) {
                if (System.nanoTime() - endNs >= 0 || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
            LockSupport.parkNanos(AGAIN_AFTER.toNanos());
        }
    }

    private void round(Map<TopicPartition, FlushedPartition> flushed) throws CommandFailure {
        for (Broker broker : brokers.now()) {
            for (FlushedPartition partition : broker.flush().partitions()) {
                flushed.merge(
                        new TopicPartition(partition.topic(), partition.partition()),
                        partition,
                        (old, now) -> old.endOffset() > now.endOffset() ? old : now);
            }
        }
    }

    private static void requireAll(
            Collection<TopicPartition> wanted, Map<TopicPartition, FlushedPartition> flushed)
            throws CommandFailure {
        Set<TopicPartition> missing = new HashSet<>(wanted);
        missing.removeAll(flushed.keySet());
        if (!missing.isEmpty()) {
            throw new CommandFailure(
                    "not everything was flushed, a shard has no leader or changed it: partitions="
                            + missing.size()
                            + ", first="
                            + missing.iterator().next()
                            + "; run it again");
        }
    }
}
