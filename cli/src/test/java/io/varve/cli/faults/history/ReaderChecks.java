// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import io.varve.cli.faults.history.Violation.Kind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/// What readers and groups must see. Stateless.
public final class ReaderChecks {
    private ReaderChecks() {}

    private record Hold(String session, TopicPartition partition) {}

    private record Share(String group, TopicPartition partition) {}

    /// Polls of one session go on where the last one ended.
    public static void polls(List<Event> history, Violations found) {
        Map<Hold, Long> next = new HashMap<>();
        for (Event event : history) {
            switch (event) {
                case Event.Assigned e ->
                        next.put(new Hold(e.session(), e.partition()), e.position());
                case Event.Read e -> {
                    Hold hold = new Hold(e.session(), e.partition());
                    Long expected = next.put(hold, e.offset() + 1);
                    if (expected != null && expected != e.offset()) {
                        found.add(Kind.POLL, e + ", expected offset " + expected);
                    }
                }
                default -> {}
            }
        }
    }

    /// A member begins at what was committed: not before the newest commit that was answered when
    /// it asked, not beyond the highest that anybody tried.
    public static void groups(List<Event> history, Violations found) {
        Map<Share, Long> answered = new HashMap<>();
        Map<Share, Long> tried = new HashMap<>();
        for (Event event : history) {
            switch (event) {
                case Event.Commit e ->
                        e.offsets()
                                .forEach((partition, offset) -> {
                                    Share share = new Share(e.group(), partition);
                                    tried.merge(share, offset, Math::max);
                                    if (e.outcome() == Event.Outcome.OK) {
                                        answered.merge(share, offset, Math::max);
                                    }
                                });
                case Event.Assigned e -> {
                    Share share = new Share(e.group(), e.partition());
                    long least = answered.getOrDefault(share, 0L);
                    long most = tried.getOrDefault(share, 0L);
                    if (e.position() < least) {
                        found.add(Kind.GROUP, e + ", though " + least + " was committed");
                    }
                    if (e.position() > most) {
                        found.add(Kind.GROUP, e + ", though at most " + most + " was committed");
                    }
                }
                default -> {}
            }
        }
    }

    /// A group's members together read everything there is; the last commits are where they are.
    ///
    /// @param committed what the cluster says at the end, by group
    public static void groupsReadAll(
            List<Event> history,
            WholeLog log,
            Map<String, Map<TopicPartition, Long>> committed,
            Violations found) {
        Map<Share, Set<Long>> read = new HashMap<>();
        Map<Hold, String> groups = new HashMap<>();
        Map<Share, Long> answered = new HashMap<>();
        for (Event event : history) {
            switch (event) {
                case Event.Assigned e ->
                        groups.put(new Hold(e.session(), e.partition()), e.group());
                case Event.Read e -> {
                    String group = groups.get(new Hold(e.session(), e.partition()));
                    if (group != null) {
                        read.computeIfAbsent(new Share(group, e.partition()), _ -> new HashSet<>())
                                .add(e.offset());
                    }
                }
                case Event.Commit e when e.outcome() == Event.Outcome.OK ->
                        e.offsets()
                                .forEach((partition, offset) ->
                                        answered.merge(
                                                new Share(e.group(), partition),
                                                offset,
                                                Math::max));
                default -> {}
            }
        }
        committed.forEach((group, offsets) ->
                log.partitions()
                        .forEach((partition, whole) -> {
                            Share share = new Share(group, partition);
                            long offset = offsets.getOrDefault(partition, 0L);
                            if (offset < answered.getOrDefault(share, 0L) || offset > whole.end()) {
                                found.add(
                                        Kind.GROUP,
                                        "%s at the end: committed=%d, answered before=%d, log end=%d"
                                                .formatted(
                                                        share,
                                                        offset,
                                                        answered.getOrDefault(share, 0L),
                                                        whole.end()));
                            }
                            Set<Long> seen = read.getOrDefault(share, Set.of());
                            whole.records().stream()
                                    .filter(entry -> !seen.contains(entry.offset()))
                                    .forEach(entry ->
                                            found.add(Kind.GROUP, share + " never read " + entry));
                        }));
    }
}
