// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.faults.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cli.faults.history.Violation.Kind;
import io.varve.cli.faults.history.WholeLog.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/// Each check lets a right history pass, and catches a wrong one.
class LogChecksTest {
    private static final TopicPartition P = new TopicPartition("orders", 0);

    private final Violations found = new Violations();

    /// Producer 0 sent 0..n-1, and was told those offsets.
    private static List<Event> acknowledged(int count) {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(new Event.Sent(i, 0, P, i));
            events.add(new Event.Acknowledged(100 + i, 0, P, i, i));
        }
        return events;
    }

    private static WholeLog log(long start, long end, Entry... entries) {
        return new WholeLog("log", Map.of(P, new WholeLog.Partition(start, end, List.of(entries))));
    }

    private static Entry entry(long offset, long sequence) {
        return new Entry(offset, 0, sequence);
    }

    private void checkAll(List<Event> history, WholeLog log) {
        LogChecks.shape(history, log, found);
        LogChecks.acknowledged(history, log, found);
        LogChecks.readIsThere(history, log, found);
        LogChecks.oneValue(history, List.of(log), found);
        LogChecks.clients(history, found);
    }

    @Test
    void aRightHistoryPasses() {
        List<Event> history = acknowledged(3);
        history.add(new Event.Read(200, "r", P, 1, 0, 1));
        history.add(new Event.Sent(201, 0, P, 3));
        history.add(new Event.Unknown(202, 0, P, 3, "time-out"));

        checkAll(history, log(0, 3, entry(0, 0), entry(1, 1), entry(2, 2)));

        assertThat(found.counts()).isEmpty();
    }

    @Test
    void whatIsUnknownMayBeThere() {
        List<Event> history = acknowledged(1);
        history.add(new Event.Sent(201, 0, P, 1));
        history.add(new Event.Unknown(202, 0, P, 1, "time-out"));

        checkAll(history, log(0, 2, entry(0, 0), entry(1, 1)));

        assertThat(found.counts()).isEmpty();
    }

    @Test
    void whatRetentionRemovedIsNotLost() {
        checkAll(acknowledged(3), log(2, 3, entry(2, 2)));

        assertThat(found.counts()).isEmpty();
    }

    @Test
    void anAcknowledgedRecordThatIsNotThereIsLost() {
        checkAll(acknowledged(3), log(0, 2, entry(0, 0), entry(1, 1)));

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.LOST, 1L));
    }

    @Test
    void anAcknowledgedRecordAtAnotherOffsetIsMoved() {
        List<Event> history = acknowledged(1);
        history.add(new Event.Sent(201, 0, P, 1));
        history.add(new Event.Acknowledged(202, 0, P, 1, 7));

        checkAll(history, log(0, 2, entry(0, 0), entry(1, 1)));

        assertThat(found.counts()).containsKey(Kind.MOVED);
    }

    @Test
    void aRecordTwiceIsDoubled() {
        checkAll(acknowledged(2), log(0, 3, entry(0, 0), entry(1, 1), entry(2, 1)));

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.DOUBLED, 1L));
    }

    @Test
    void twoValuesAtOneOffsetAreSeen() {
        List<Event> history = acknowledged(2);
        history.add(new Event.Read(200, "r", P, 0, 0, 1));

        checkAll(history, log(0, 2, entry(0, 0), entry(1, 1)));

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.TWO_VALUES, 1L));
    }

    @Test
    void aHoleIsSeenInTheMiddleAndAtTheEnd() {
        checkAll(acknowledged(3), log(0, 5, entry(0, 0), entry(1, 1), entry(3, 2)));

        assertThat(found.counts()).containsEntry(Kind.HOLE, 2L);
    }

    @Test
    void aProducersRecordsInAnotherOrderAreSeen() {
        List<Event> history =
                List.of(
                        new Event.Sent(0, 0, P, 0),
                        new Event.Sent(1, 0, P, 1),
                        new Event.Acknowledged(2, 0, P, 0, 1),
                        new Event.Acknowledged(3, 0, P, 1, 0));

        checkAll(history, log(0, 2, entry(0, 1), entry(1, 0)));

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.ORDER, 1L));
    }

    @Test
    void aRecordThatNobodySentIsSeen() {
        checkAll(acknowledged(1), log(0, 2, entry(0, 0), entry(1, 9)));

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.INVENTED, 1L));
    }

    @Test
    void aRecordThatWasRefusedIsSeen() {
        List<Event> history = acknowledged(1);
        history.add(new Event.Sent(5, 0, P, 1));
        history.add(new Event.Refused(6, 0, P, 1, "too large"));

        checkAll(history, log(0, 2, entry(0, 0), entry(1, 1)));

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.INVENTED, 1L));
    }

    @Test
    void whatWasReadAndIsGoneIsSeen() {
        List<Event> history = acknowledged(1);
        history.add(new Event.Sent(5, 0, P, 1));
        history.add(new Event.Unknown(6, 0, P, 1, "time-out"));
        history.add(new Event.Read(200, "r", P, 1, 0, 1));

        checkAll(history, log(0, 1, entry(0, 0)));

        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.UNREAD, 1L));
    }

    @Test
    void wrongBytesAndErrorsOfClientsAreSeen() {
        List<Event> history = acknowledged(1);
        history.add(new Event.Damaged(5, "r", "value differs"));
        history.add(new Event.Failed(6, "r", "CorruptRecordException"));

        checkAll(history, log(0, 1, entry(0, 0)));

        assertThat(found.counts())
                .containsExactlyInAnyOrderEntriesOf(Map.of(Kind.DAMAGED, 1L, Kind.CLIENT, 1L));
    }

    @Test
    void aRestoredLogThatIsShorterLongerOrOtherIsSeen() {
        WholeLog whole = log(0, 2, entry(0, 0), entry(1, 1));

        LogChecks.same(whole, log(0, 2, entry(0, 0), entry(1, 1)), false, found);
        LogChecks.same(whole, log(0, 1, entry(0, 0)), true, found);
        assertThat(found.counts()).isEmpty();

        LogChecks.same(whole, log(0, 1, entry(0, 0)), false, found);
        LogChecks.same(whole, log(0, 3, entry(0, 0), entry(1, 1), entry(2, 2)), true, found);
        LogChecks.same(whole, log(0, 2, entry(0, 0), entry(1, 2)), true, found);
        LogChecks.same(whole, new WholeLog("restored", Map.of()), true, found);
        assertThat(found.counts()).containsExactlyEntriesOf(Map.of(Kind.BUCKET, 4L));
    }
}
