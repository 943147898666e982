// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.governed;

import static io.varve.objectstore.governed.Priority.BACKGROUND;
import static io.varve.objectstore.governed.Priority.JOURNAL;
import static io.varve.objectstore.governed.Priority.READ;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Who goes next, in cases small enough to be told.
class AdmissionTest {
    private static final long SECOND = 1_000_000_000;

    private Admission<Ticket> admission = of(1_000_000, 8, GovernorLimits.UNLIMITED_BYTES);

    private static Admission<Ticket> of(long requests, int inFlight, long bytes) {
        return new Admission<>(
                new GovernorLimits(requests, inFlight, bytes, Duration.ofSeconds(30)), 0);
    }

    private Ticket enqueue(Priority priority) {
        return enqueue(priority, 0);
    }

    private Ticket enqueue(Priority priority, long bytes) {
        Ticket ticket = new Ticket(priority, bytes, 0);
        assertThat(admission.enqueue(ticket)).isTrue();
        return ticket;
    }

    private List<Ticket> grantAll(long nowNs) {
        List<Ticket> granted = new ArrayList<>();
        Optional<Ticket> next = admission.grantNext(nowNs);
        while (next.isPresent()) {
            granted.add(next.get());
            next = admission.grantNext(nowNs);
        }
        return granted;
    }

    @Test
    void theMostUrgentGoesFirstAndWithinAClassTheFirst() {
        Ticket background = enqueue(BACKGROUND);
        Ticket read = enqueue(READ);
        Ticket first = enqueue(JOURNAL);
        Ticket second = enqueue(JOURNAL);

        assertThat(grantAll(0)).containsExactly(first, second, read, background);
    }

    @Test
    void slotsAreKeptFreeForTheUrgent() {
        for (int i = 0; i < 20; i++) {
            enqueue(BACKGROUND);
            enqueue(READ);
        }
        assertThat(grantAll(0)).as("an eighth is for journals").hasSize(7);

        admission = of(1_000_000, 8, GovernorLimits.UNLIMITED_BYTES);
        for (int i = 0; i < 20; i++) {
            enqueue(BACKGROUND);
        }
        assertThat(grantAll(0)).as("half is for the background").hasSize(4);
        enqueue(READ);
        enqueue(JOURNAL);
        assertThat(grantAll(0)).hasSize(2);
    }

    @Test
    void aSingleSlotServesAllClasses() {
        admission = of(1_000_000, 1, GovernorLimits.UNLIMITED_BYTES);
        Ticket background = enqueue(BACKGROUND);
        assertThat(grantAll(0)).containsExactly(background);
        Ticket journal = enqueue(JOURNAL);
        Ticket read = enqueue(READ);
        assertThat(grantAll(0)).isEmpty();

        admission.release(background, 0, 1);
        assertThat(grantAll(1)).containsExactly(journal);
        admission.release(journal, 0, 2);
        assertThat(grantAll(2)).containsExactly(read);
    }

    @Test
    void theBackgroundGoesAfterSixteenOthersAndAReadAfterEight() {
        admission = of(1_000_000, 1, GovernorLimits.UNLIMITED_BYTES);
        enqueue(BACKGROUND);
        enqueue(BACKGROUND);
        enqueue(READ);
        enqueue(READ);
        List<Priority> order = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            enqueue(JOURNAL);
            Ticket next = admission.grantNext(i).orElseThrow();
            order.add(next.priority());
            admission.release(next, 0, i);
        }

        assertThat(order.indexOf(READ)).isEqualTo(Admission.READ_PASSED_MAX);
        assertThat(order.indexOf(BACKGROUND)).isEqualTo(Admission.BACKGROUND_PASSED_MAX);
        assertThat(order.lastIndexOf(READ) - order.indexOf(READ))
                .isBetween(Admission.READ_PASSED_MAX + 1, Admission.READ_PASSED_MAX + 2);
        assertThat(order.lastIndexOf(BACKGROUND) - order.indexOf(BACKGROUND))
                .isBetween(
                        Admission.BACKGROUND_PASSED_MAX + 1, Admission.BACKGROUND_PASSED_MAX + 2);
    }

    @Test
    void bytesAreOwedAndPaidOff() {
        admission = of(1_000_000, 8, 1_000);
        enqueue(JOURNAL, 500);
        Ticket next = enqueue(JOURNAL, 10);

        Ticket large = grantAll(0).getFirst();
        assertThat(admission.delayNs(0)).isEqualTo(SECOND / 2);
        assertThat(grantAll(SECOND / 2 - 1_000)).isEmpty();
        assertThat(grantAll(SECOND / 2)).containsExactly(next);

        admission.release(large, 2_510, SECOND / 2);
        assertThat(admission.delayNs(SECOND / 2))
                .as("it was more than it said")
                .isEqualTo(2_020 * SECOND / 1_000);
    }

    @Test
    void whatWasGuessedTooHighIsGivenBack() {
        admission = of(1_000_000, 8, 1_000);
        enqueue(READ, 800);
        Ticket read = grantAll(0).getFirst();
        admission.release(read, 100, 0);

        assertThat(admission.delayNs(0)).isEqualTo(SECOND / 10);
    }

    @Test
    void requestsThatTheSdkMakesByItselfTakeTokensToo() {
        admission = of(10, 8, GovernorLimits.UNLIMITED_BYTES);
        Ticket put = enqueue(JOURNAL);
        assertThat(grantAll(0)).containsExactly(put);
        for (int attempt = 0; attempt < 10; attempt++) {
            admission.answered(false, 0);
        }
        admission.release(put, 0, 0);

        enqueue(JOURNAL);
        assertThat(grantAll(0)).as("ten of ten are used").isEmpty();
        assertThat(grantAll(SECOND / 10)).hasSize(1);
    }

    @Test
    void aThrottledStoreIsAskedLessAndNeverNot() {
        admission = of(100, 64, GovernorLimits.UNLIMITED_BYTES);
        for (int i = 0; i < 60; i++) {
            enqueue(JOURNAL);
        }
        grantAll(0).forEach(ticket -> admission.release(ticket, 0, 0));
        for (int i = 0; i < 60; i++) {
            admission.answered(true, 1);
        }
        assertThat(admission.requestsPerSecond(1)).isBetween(30.0, 31.0);

        enqueue(BACKGROUND);
        assertThat(grantAll(1)).isEmpty();
        assertThat(admission.delayNs(1)).isLessThanOrEqualTo(2 * SECOND);
        assertThat(grantAll(1 + admission.delayNs(1))).hasSize(1);
    }

    @Test
    void whoGivesUpIsForgottenAndTooManyAreRefused() {
        Ticket gone = enqueue(READ);
        admission.withdraw(gone);
        assertThat(admission.next()).isEmpty();

        for (int i = 0; i < Admission.WAITING_MAX; i++) {
            enqueue(READ);
        }
        assertThat(admission.enqueue(new Ticket(READ, 0, 0))).isFalse();
        assertThat(admission.enqueue(new Ticket(JOURNAL, 0, 0))).isTrue();
        assertThat(admission.waiting(READ)).isEqualTo(Admission.WAITING_MAX);
    }
}
