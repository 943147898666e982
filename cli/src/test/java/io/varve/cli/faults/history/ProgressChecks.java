// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import io.varve.cli.faults.history.Violation.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/// Figures that only grow, and time without an acknowledgement. Stateless.
public final class ProgressChecks {
    /// Figures that never go back, in the order in which none passes the next.
    public static final String LOG_START = "logStart";

    public static final String ARCHIVED_END = "archivedEnd";
    public static final String JOURNALED_END = "journaledEnd";
    public static final String HIGH_WATERMARK = "highWatermark";

    private static final List<List<String>> ORDERED =
            List.of(
                    List.of(LOG_START, HIGH_WATERMARK),
                    List.of(ARCHIVED_END, HIGH_WATERMARK),
                    List.of(JOURNALED_END, HIGH_WATERMARK));

    private ProgressChecks() {}

    private record Figure(String source, TopicPartition partition, String name) {}

    private record Newest(long atNs, long value) {}

    /// What one source said later is not less; in one answer the figures fit each other.
    public static void neverBack(List<Event> history, Violations found) {
        Map<Figure, Newest> newest = new HashMap<>();
        for (Event event : history) {
            if (!(event instanceof Event.Sampled e)) {
                continue;
            }
            e.figures()
                    .forEach((name, value) -> {
                        if (name.equals(JOURNALED_END)) {
                            return; // who begins to lead knows less of it, until it has read the
                            // bucket
                        }
                        Figure figure = new Figure(e.source(), e.partition(), name);
                        Newest before = newest.get(figure);
                        if (before != null && before.atNs <= e.beganNs() && before.value > value) {
                            found.add(
                                    Kind.BACKWARDS,
                                    figure + ": " + value + " after " + before.value);
                        }
                        if (before == null || before.value < value) {
                            newest.put(figure, new Newest(e.atNs(), value));
                        }
                    });
            for (List<String> pair : ORDERED) {
                Long less = e.figures().get(pair.getFirst());
                Long more = e.figures().get(pair.getLast());
                if (less != null && more != null && less > more) {
                    found.add(Kind.BACKWARDS, e + ": " + pair.getFirst() + " passes");
                }
            }
        }
    }

    /// The longest time without an acknowledgement while a producer tried, by partition.
    ///
    /// @param fromNs, toNs in which it is looked for
    public static Map<TopicPartition, Long> longestStallNs(
            List<Event> history, Set<TopicPartition> partitions, long fromNs, long toNs) {
        Map<TopicPartition, Long> last = new HashMap<>();
        Map<TopicPartition, Long> longest = new TreeMap<>(ProgressChecks::compare);
        for (TopicPartition partition : partitions) {
            last.put(partition, fromNs);
            longest.put(partition, 0L);
        }
        for (Event event : history) {
            if (event instanceof Event.Acknowledged e
                    && e.atNs() >= fromNs
                    && e.atNs() < toNs
                    && partitions.contains(e.partition())) {
                long before = last.getOrDefault(e.partition(), fromNs);
                longest.merge(e.partition(), e.atNs() - before, Math::max);
                last.put(e.partition(), e.atNs());
            }
        }
        last.forEach((partition, at) -> longest.merge(partition, toNs - at, Math::max));
        return longest;
    }

    private static int compare(TopicPartition one, TopicPartition other) {
        return one.toString().compareTo(other.toString());
    }
}
