// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import io.varve.cli.faults.history.Violation.Kind;
import io.varve.cli.faults.history.WholeLog.Entry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/// What a whole reading of the log must be, given what producers were told and readers saw.
/// Stateless.
public final class LogChecks {
    private LogChecks() {}

    /// A record by who sent it where.
    private record Name(TopicPartition partition, int producer, long sequence) {}

    /// Dense, nothing twice, each producer's order, nothing that nobody sent.
    public static void shape(List<Event> history, WholeLog log, Violations found) {
        Set<Name> sent = new HashSet<>();
        Set<Name> refused = new HashSet<>();
        for (Event event : history) {
            switch (event) {
                case Event.Sent e -> sent.add(new Name(e.partition(), e.producer(), e.sequence()));
                case Event.Refused e ->
                        refused.add(new Name(e.partition(), e.producer(), e.sequence()));
                default -> {}
            }
        }
        log.partitions()
                .forEach((partition, read) -> {
                    String where = log.what() + ", " + partition;
                    long next = read.start();
                    Map<Integer, Long> last = new HashMap<>();
                    Map<Name, Long> seen = new HashMap<>();
                    for (Entry entry : read.records()) {
                        String what = where + ": " + entry;
                        if (entry.offset() != next) {
                            found.add(Kind.HOLE, what + ", expected offset " + next);
                        }
                        next = entry.offset() + 1;
                        Name name = new Name(partition, entry.producer(), entry.sequence());
                        Long before = seen.putIfAbsent(name, entry.offset());
                        Long previous = last.put(entry.producer(), entry.sequence());
                        if (before != null) {
                            found.add(Kind.DOUBLED, what + ", also at offset " + before);
                        } else if (previous != null && previous > entry.sequence()) {
                            found.add(Kind.ORDER, what + ", after sequence " + previous);
                        }
                        if (!sent.contains(name)) {
                            found.add(Kind.INVENTED, what + ", never sent");
                        }
                        if (refused.contains(name)) {
                            found.add(Kind.INVENTED, what + ", though it was refused");
                        }
                    }
                    if (next < read.end()) {
                        found.add(Kind.HOLE, where + ": ends at " + next + " of " + read.end());
                    }
                });
    }

    /// What was acknowledged is there, at the offset that was told.
    public static void acknowledged(List<Event> history, WholeLog log, Violations found) {
        Map<TopicPartition, Map<Name, Long>> offsets = new HashMap<>();
        log.partitions()
                .forEach((partition, read) -> {
                    Map<Name, Long> names =
                            offsets.computeIfAbsent(partition, _ -> new HashMap<>());
                    for (Entry entry : read.records()) {
                        names.putIfAbsent(
                                new Name(partition, entry.producer(), entry.sequence()),
                                entry.offset());
                    }
                });
        for (Event event : history) {
            if (!(event instanceof Event.Acknowledged e)) {
                continue;
            }
            WholeLog.Partition read = log.partitions().get(e.partition());
            if (read != null && e.offset() < read.start()) {
                continue; // retention removed it
            }
            Long offset =
                    offsets.getOrDefault(e.partition(), Map.of())
                            .get(new Name(e.partition(), e.producer(), e.sequence()));
            if (offset == null) {
                found.add(Kind.LOST, log.what() + ": " + e);
            } else if (offset != e.offset()) {
                found.add(Kind.MOVED, log.what() + ": " + e + ", found at " + offset);
            }
        }
    }

    /// One value at one offset, whoever reads it, and whatever was read is there at the end.
    public static void oneValue(List<Event> history, List<WholeLog> logs, Violations found) {
        Map<TopicPartition, Map<Long, Entry>> values = new HashMap<>();
        for (WholeLog log : logs) {
            log.partitions()
                    .forEach((partition, read) -> {
                        for (Entry entry : read.records()) {
                            meet(values, partition, entry, log.what(), found);
                        }
                    });
        }
        for (Event event : history) {
            switch (event) {
                case Event.Acknowledged e ->
                        meet(
                                values,
                                e.partition(),
                                new Entry(e.offset(), e.producer(), e.sequence()),
                                "acknowledged",
                                found);
                case Event.Read e ->
                        meet(
                                values,
                                e.partition(),
                                new Entry(e.offset(), e.producer(), e.sequence()),
                                e.session(),
                                found);
                default -> {}
            }
        }
    }

    private static void meet(
            Map<TopicPartition, Map<Long, Entry>> values,
            TopicPartition partition,
            Entry entry,
            String who,
            Violations found) {
        Entry other =
                values.computeIfAbsent(partition, _ -> new HashMap<>())
                        .putIfAbsent(entry.offset(), entry);
        if (other != null && !other.equals(entry)) {
            found.add(Kind.TWO_VALUES, partition + ": " + other + ", and by " + who + " " + entry);
        }
    }

    /// What a reader got is in the log at its end: else it was shown before it was committed.
    public static void readIsThere(List<Event> history, WholeLog log, Violations found) {
        Map<TopicPartition, TreeMap<Long, Entry>> there = new HashMap<>();
        log.partitions().forEach((partition, read) -> there.put(partition, read.byOffset()));
        for (Event event : history) {
            if (!(event instanceof Event.Read e)) {
                continue;
            }
            WholeLog.Partition read = log.partitions().get(e.partition());
            TreeMap<Long, Entry> entries = there.get(e.partition());
            if (read != null
                    && entries != null
                    && e.offset() >= read.start()
                    && !entries.containsKey(e.offset())) {
                found.add(Kind.UNREAD, log.what() + ": " + e);
            }
        }
    }

    /// Bytes that nobody wrote, and errors that no fault excuses.
    public static void clients(List<Event> history, Violations found) {
        for (Event event : history) {
            switch (event) {
                case Event.Damaged e -> found.add(Kind.DAMAGED, e.session() + ": " + e.what());
                case Event.Failed e -> found.add(Kind.CLIENT, e.client() + ": " + e.error());
                default -> {}
            }
        }
    }

    /// Where two readings of the same log differ within the offsets that both have; the second may
    /// end earlier only when it is said that it may.
    public static void same(
            WholeLog first, WholeLog second, boolean mayBeShorter, Violations found) {
        first.partitions()
                .forEach((partition, whole) -> {
                    WholeLog.Partition other = second.partitions().get(partition);
                    String where = second.what() + " beside " + first.what() + ", " + partition;
                    if (other == null) {
                        found.add(Kind.BUCKET, where + ": not there");
                        return;
                    }
                    if (other.end() > whole.end() || (other.end() < whole.end() && !mayBeShorter)) {
                        found.add(
                                Kind.BUCKET,
                                where + ": ends " + whole.end() + " and " + other.end());
                    }
                    TreeMap<Long, Entry> others = other.byOffset();
                    for (Entry entry : whole.records()) {
                        Entry same = others.get(entry.offset());
                        if (same != null && !same.equals(entry)) {
                            found.add(Kind.BUCKET, where + ": " + entry + " is " + same);
                        }
                    }
                });
    }
}
