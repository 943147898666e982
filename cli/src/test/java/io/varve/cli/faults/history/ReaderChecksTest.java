// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.faults.history.Event.Outcome;
import io.varve.cli.faults.history.Violation.Kind;
import io.varve.cli.faults.history.WholeLog.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/// Each check lets a right history pass, and catches a wrong one.
class ReaderChecksTest {
    private static final TopicPartition P = new TopicPartition("orders", 0);
    private static final String G = "group";

    private final Violations found = new Violations();

    private static Event assigned(String session, long position) {
        return new Event.Assigned(0, G, session, P, position);
    }

    private static Event read(String session, long offset) {
        return new Event.Read(0, session, P, offset, 0, offset);
    }

    private static Event commit(long offset, Outcome outcome) {
        return new Event.Commit(0, G, "m", Map.of(P, offset), outcome, null);
    }

    private static WholeLog log(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(new Entry(i, 0, i));
        }
        return new WholeLog("log", Map.of(P, new WholeLog.Partition(0, count, entries)));
    }

    /// Two members, one after the other, from the second record's commit on.
    private static List<Event> right() {
        return List.of(
                assigned("a#1", 0),
                read("a#1", 0),
                read("a#1", 1),
                commit(2, Outcome.INVOKE),
                commit(2, Outcome.OK),
                read("a#1", 2),
                commit(3, Outcome.INVOKE),
                commit(3, Outcome.UNKNOWN),
                assigned("b#1", 2),
                read("b#1", 2),
                commit(3, Outcome.INVOKE),
                commit(3, Outcome.OK));
    }

    @Test
    void aRightHistoryPasses() {
        ReaderChecks.polls(right(), found);
        ReaderChecks.groups(right(), found);
        ReaderChecks.groupsReadAll(right(), log(3), Map.of(G, Map.of(P, 3L)), found);

        assertThat(found.counts()).isEmpty();
    }

    @Test
    void aPollThatGoesBackOrLeavesOutIsSeen() {
        ReaderChecks.polls(List.of(read("r", 4), read("r", 5), read("r", 4)), found);
        ReaderChecks.polls(List.of(read("r", 4), read("r", 6)), found);
        ReaderChecks.polls(List.of(assigned("r", 3), read("r", 4)), found);

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.POLL, 3L));
    }

    @Test
    void aGroupThatBeginsBeforeItsCommitIsSeen() {
        ReaderChecks.groups(
                List.of(commit(5, Outcome.INVOKE), commit(5, Outcome.OK), assigned("b#1", 4)),
                found);

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.GROUP, 1L));
    }

    @Test
    void aGroupThatBeginsBeyondEveryCommitIsSeen() {
        ReaderChecks.groups(
                List.of(commit(5, Outcome.INVOKE), commit(5, Outcome.UNKNOWN), assigned("b#1", 6)),
                found);

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.GROUP, 1L));
    }

    @Test
    void aRecordThatNoMemberReadIsSeen() {
        ReaderChecks.groupsReadAll(right(), log(4), Map.of(G, Map.of(P, 3L)), found);

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.GROUP, 1L));
    }

    @Test
    void aCommitThatIsGoneOrBeyondTheEndIsSeen() {
        ReaderChecks.groupsReadAll(right(), log(3), Map.of(G, Map.of(P, 2L)), found);
        ReaderChecks.groupsReadAll(right(), log(3), Map.of(G, Map.of(P, 4L)), found);

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.GROUP, 2L));
    }
}
