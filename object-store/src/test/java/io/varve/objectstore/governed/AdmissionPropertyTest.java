// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A store in virtual time: calls come, take their time, give up, are throttled, at random. After
/// each event what [Admission] promises is checked against a model that only counts.
///
/// Replay: -Dsim.seed=S
class AdmissionPropertyTest {
    private static final long SECOND = 1_000_000_000;
    private static final int EVENTS = 4_000;

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
    void everyPromiseHoldsAfterEveryEvent(long offset) {
        long seed = Long.getLong("sim.seed", 20_261_128L) + offset;
        System.out.println("AdmissionPropertyTest: -Dsim.seed=" + seed);
        new World(new Random(seed), "seed=" + seed).run();
    }

    private static final class World {
        private final Random random;
        private final String seed;
        private final GovernorLimits limits;
        private final Admission<Ticket> admission;
        private final Map<Priority, Deque<Ticket>> waiting = new EnumMap<>(Priority.class);
        private final Map<Priority, Integer> flying = new EnumMap<>(Priority.class);
        private final Map<Priority, Integer> passed = new EnumMap<>(Priority.class);
        private final PriorityQueue<Running> running =
                new PriorityQueue<>(Comparator.comparingLong(Running::endNs));
        private final List<Long> grantedAtNs = new ArrayList<>();
        private long nowNs;
        private long bytesGranted;
        private long bytesLargest;

        private record Running(Ticket ticket, long endNs) {}

        World(Random random, String seed) {
            this.random = random;
            this.seed = seed;
            this.limits =
                    new GovernorLimits(
                            1 + random.nextInt(random.nextBoolean() ? 20 : 2_000),
                            1 + random.nextInt(40),
                            random.nextBoolean()
                                    ? GovernorLimits.UNLIMITED_BYTES
                                    : 1_000 + random.nextInt(1_000_000),
                            Duration.ofSeconds(30));
            this.admission = new Admission<>(limits, 0);
            for (Priority priority : Priority.values()) {
                waiting.put(priority, new ArrayDeque<>());
                flying.put(priority, 0);
                passed.put(priority, 0);
            }
        }

        void run() {
            for (int event = 0; event < EVENTS; event++) {
                step();
                grantAndCheck();
                check();
            }
            drain();
            noSecondHasTooMany();
        }

        private void step() {
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3, 4 -> arrive();
                case 5, 6 -> end();
                case 7 -> nowNs += random.nextLong(SECOND / 10);
                case 8 -> giveUp();
                default -> admission.answered(random.nextInt(20) == 0, nowNs);
            }
        }

        private Priority any() {
            return List.of(Priority.values()).get(random.nextInt(Priority.values().length));
        }

        private void arrive() {
            Ticket ticket = new Ticket(any(), random.nextInt(20_000), nowNs);
            assertThat(admission.enqueue(ticket)).as(seed).isTrue();
            waiting.get(ticket.priority()).addLast(ticket);
        }

        private void end() {
            Running first = running.poll();
            if (first != null) {
                nowNs = Math.max(nowNs, first.endNs());
                flying.merge(first.ticket().priority(), -1, Integer::sum);
                admission.release(first.ticket(), first.ticket().bytes(), nowNs);
            }
        }

        private void giveUp() {
            Priority priority = any();
            Ticket last = waiting.get(priority).pollLast();
            if (last != null) {
                admission.withdraw(last);
                if (waiting.get(priority).isEmpty()) {
                    passed.put(priority, 0);
                }
            }
        }

        private void grantAndCheck() {
            Optional<Ticket> next = admission.next();
            boolean due = next.isPresent() && admission.delayNs(nowNs) == 0;
            Optional<Ticket> got = admission.grantNext(nowNs);
            assertThat(got)
                    .as(seed + ": goes when it was said to")
                    .isEqualTo(due ? next : Optional.empty());
            while (got.isPresent()) {
                taken(got.get());
                got = admission.grantNext(nowNs);
            }
            if (admission.next().isPresent() && random.nextInt(4) == 0) {
                waitForTheNext();
            }
        }

        /// What was said about the time is true.
        private void waitForTheNext() {
            Ticket next = admission.next().orElseThrow();
            for (int tries = 0; admission.delayNs(nowNs) > 0; tries++) {
                assertThat(tries).as(seed + ": nearly exact").isLessThan(3);
                nowNs += admission.delayNs(nowNs);
            }
            assertThat(admission.grantNext(nowNs)).as(seed).containsSame(next);
            taken(next);
        }

        private void taken(Ticket ticket) {
            Priority priority = ticket.priority();
            assertThat(mayHaveSlot(priority)).as(seed + ": there is a slot").isTrue();
            assertThat(waiting.get(priority).peekFirst())
                    .as(seed + ": first come, first served")
                    .isSameAs(ticket);
            for (Priority other : Priority.values()) {
                if (other != priority && !waiting.get(other).isEmpty()) {
                    if (mayHaveSlot(other)) {
                        checkOrder(priority, other);
                    }
                    passed.merge(other, 1, Integer::sum);
                }
            }
            waiting.get(priority).pollFirst();
            passed.put(priority, 0);
            flying.merge(priority, 1, Integer::sum);
            grantedAtNs.add(nowNs);
            bytesGranted += ticket.bytes();
            bytesLargest = Math.max(bytesLargest, ticket.bytes());
            running.add(new Running(ticket, nowNs + random.nextLong(SECOND)));
        }

        /// One goes although another might.
        private void checkOrder(Priority goes, Priority stays) {
            if (stays.compareTo(goes) < 0) {
                assertThat(overdue(goes))
                        .as(seed + ": " + goes + " goes before " + stays + " when it is overdue")
                        .isTrue();
            } else {
                assertThat(overdue(stays) && !overdue(goes))
                        .as(seed + ": " + stays + " waits no longer than promised")
                        .isFalse();
            }
        }

        private boolean overdue(Priority priority) {
            return switch (priority) {
                case JOURNAL -> false;
                case READ -> passed.get(priority) >= Admission.READ_PASSED_MAX;
                case BACKGROUND -> passed.get(priority) >= Admission.BACKGROUND_PASSED_MAX;
            };
        }

        private boolean mayHaveSlot(Priority priority) {
            int all = flying.values().stream().mapToInt(Integer::intValue).sum();
            int others = all - flying.get(Priority.JOURNAL);
            return all < limits.requestsInFlight()
                    && (priority == Priority.JOURNAL || others < limits.notJournals())
                    && (priority != Priority.BACKGROUND
                            || flying.get(priority) < limits.background());
        }

        private void check() {
            int all = 0;
            for (Priority priority : Priority.values()) {
                assertThat(admission.inFlight(priority)).as(seed).isEqualTo(flying.get(priority));
                assertThat(admission.waiting(priority))
                        .as(seed)
                        .isEqualTo(waiting.get(priority).size());
                all += flying.get(priority);
            }
            assertThat(all).as(seed).isLessThanOrEqualTo(limits.requestsInFlight());
            assertThat(admission.requestsPerSecond(nowNs))
                    .as(seed)
                    .isBetween(AdaptiveRate.FLOOR_PER_SECOND, (double) limits.requestsPerSecond());
            double seconds = (double) nowNs / SECOND;
            if (limits.bytesPerSecond() < GovernorLimits.UNLIMITED_BYTES) {
                assertThat((double) bytesGranted)
                        .as(seed + ": bytes are kept to, but for one call")
                        .isLessThanOrEqualTo(seconds * limits.bytesPerSecond() + bytesLargest + 1);
            }
        }

        /// Everything that waits goes in the end, the background too.
        private void drain() {
            int left = waiting.values().stream().mapToInt(Deque::size).sum();
            for (int i = 0; i < left; i++) {
                while (admission.next().isEmpty()) {
                    end();
                }
                waitForTheNext();
            }
            assertThat(waiting.values()).as(seed).allMatch(Deque::isEmpty);
        }

        private void noSecondHasTooMany() {
            long[] times = grantedAtNs.stream().mapToLong(Long::longValue).toArray();
            assertThat(times.length).as(seed + ": enough was tried").isGreaterThan(500);
            for (int first = 0; first < times.length; first++) {
                int found = Arrays.binarySearch(times, times[first] + SECOND);
                int end = found < 0 ? -found - 1 : found;
                assertThat((long) end - first)
                        .as(seed + ": one second's worth is saved, and one comes")
                        .isLessThanOrEqualTo(2 * limits.requestsPerSecond() + 1);
            }
        }
    }
}
