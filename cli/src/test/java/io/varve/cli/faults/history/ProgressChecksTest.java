// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.faults.history.Violation.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each check lets a right history pass, and catches a wrong one.
class ProgressChecksTest {
    private static final TopicPartition P = new TopicPartition("orders", 0);

    private final Violations found = new Violations();

    @TempDir Path folder;

    private static Event sampled(long beganNs, long atNs, String source, long watermark) {
        return new Event.Sampled(
                atNs, beganNs, source, P, Map.of(ProgressChecks.HIGH_WATERMARK, watermark));
    }

    @Test
    void aFigureThatGrowsPasses() {
        ProgressChecks.neverBack(
                List.of(sampled(0, 1, "a", 5), sampled(2, 3, "a", 5), sampled(4, 5, "a", 9)),
                found);

        assertThat(found.counts()).isEmpty();
    }

    @Test
    void aFigureThatGoesBackIsSeen() {
        ProgressChecks.neverBack(
                List.of(sampled(0, 1, "a", 5), sampled(2, 3, "a", 9), sampled(4, 5, "a", 8)),
                found);

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.BACKWARDS, 1L));
    }

    @Test
    void anAnswerAskedForBeforeTheHigherOneCameMayBeLower() {
        ProgressChecks.neverBack(List.of(sampled(0, 5, "a", 9), sampled(1, 6, "a", 8)), found);

        assertThat(found.counts()).isEmpty();
    }

    @Test
    void anotherLifeMayBeBehind() {
        ProgressChecks.neverBack(List.of(sampled(0, 1, "a/1", 9), sampled(2, 3, "a/2", 8)), found);

        assertThat(found.counts()).isEmpty();
    }

    @Test
    void whatIsArchivedMayNotPassTheHighWatermark() {
        ProgressChecks.neverBack(
                List.of(
                        new Event.Sampled(
                                1,
                                0,
                                "a",
                                P,
                                Map.of(
                                        ProgressChecks.ARCHIVED_END,
                                        6L,
                                        ProgressChecks.HIGH_WATERMARK,
                                        5L))),
                found);

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.BACKWARDS, 1L));
    }

    @Test
    void theLongestTimeWithoutAnAnswerIsFound() {
        List<Event> history =
                List.of(
                        new Event.Acknowledged(10, 0, P, 0, 0),
                        new Event.Acknowledged(50, 0, P, 1, 1),
                        new Event.Acknowledged(60, 0, P, 2, 2));

        assertThat(ProgressChecks.longestStallNs(history, Set.of(P), 0, 70)).containsEntry(P, 40L);
        assertThat(ProgressChecks.longestStallNs(history, Set.of(P), 0, 200))
                .containsEntry(P, 140L);
        assertThat(
                        ProgressChecks.longestStallNs(
                                history, Set.of(new TopicPartition("orders", 1)), 0, 70))
                .containsValue(70L);
    }

    @Test
    void theFirstFewOfAKindAreShownAndAllAreCounted() {
        for (int i = 0; i < 100; i++) {
            found.add(Kind.LOST, "record " + i);
        }

        assertThat(found.counts()).containsEntry(Kind.LOST, 100L);
        assertThat(found.shown()).hasSizeLessThan(10).first().hasToString("LOST: record 0");
    }

    @Test
    void aHistoryIsAlsoAFileOfJson() throws Exception {
        Path file = folder.resolve("history.ndjson");
        try (History history = History.in(file)) {
            history.add(new Event.Sent(1, 2, P, 3));
            history.add(new Event.Unknown(4, 2, P, 3, "time-out"));
            assertThat(history.events()).hasSize(2);
            assertThat(history.of(Event.Unknown.class)).hasSize(1);
            assertThat(history.from(1)).hasSize(1);
        }

        assertThat(Files.readAllLines(file))
                .containsExactly(
                        "{\"ns\":1,\"op\":\"send\",\"type\":\"invoke\",\"producer\":2,"
                                + "\"partition\":\"orders-0\",\"sequence\":3}",
                        "{\"ns\":4,\"op\":\"send\",\"type\":\"unknown\",\"producer\":2,"
                                + "\"partition\":\"orders-0\",\"sequence\":3,\"error\":\"time-out\"}");
    }
}
