// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.manifest.PartitionId;
import io.varve.manifest.state.PartitionState.ManifestRef;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

final class PartitionLedgerTest {
    private static final PartitionId ID = new PartitionId(new Uuid(1, 2), 0);
    private final PartitionLedger ledger = PartitionLedger.open(ID, "orders", "{}", 65_536, 100);

    private void append(
            int records, long producerId, int sequence, boolean transactional, long timeMs) {
        ledger.append(
                new BatchFacts(
                        ledger.highWatermark(),
                        records,
                        200,
                        timeMs,
                        producerId,
                        (short) 0,
                        sequence,
                        transactional,
                        BatchFacts.Kind.DATA,
                        -1),
                65_537,
                timeMs);
    }

    private void end(long producerId, BatchFacts.Kind kind, long timeMs) {
        ledger.append(
                new BatchFacts(
                        ledger.highWatermark(),
                        1,
                        78,
                        timeMs,
                        producerId,
                        (short) 0,
                        -1,
                        true,
                        kind,
                        3),
                65_537,
                timeMs);
    }

    @Test
    void gapIsImpossible() {
        BatchFacts ahead =
                new BatchFacts(101, 1, 70, 0, -1, (short) -1, -1, false, BatchFacts.Kind.DATA, -1);

        assertThatThrownBy(() -> ledger.append(ahead, 1, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("baseOffset=101, highWatermark=100");
        assertThat(ledger.highWatermark()).isEqualTo(100);
    }

    @Test
    void leaderEpochNeverGoesBack() {
        append(1, -1, -1, false, 1);
        BatchFacts next =
                new BatchFacts(101, 1, 70, 0, -1, (short) -1, -1, false, BatchFacts.Kind.DATA, -1);

        assertThatThrownBy(() -> ledger.append(next, 65_536, 0))
                .hasMessageContaining("leader epoch went back");
    }

    @Test
    void stableEndIsTheFirstOpenTransaction() {
        append(2, 7, 0, true, 1);
        append(2, 8, 0, true, 2);
        append(2, -1, -1, false, 3);
        assertThat(ledger.lastStableOffset()).isEqualTo(100);
        assertThat(ledger.openTransactions())
                .extracting(ProducerState::producerId)
                .containsExactly(7L, 8L);

        end(7, BatchFacts.Kind.COMMIT_MARKER, 4);
        assertThat(ledger.lastStableOffset()).isEqualTo(102);

        end(8, BatchFacts.Kind.ABORT_MARKER, 5);
        assertThat(ledger.lastStableOffset()).isEqualTo(108);
        assertThat(ledger.abortedIn(100, 108)).containsExactly(new AbortedTxn(8, 102, 107, 108));
        assertThat(ledger.abortedIn(100, 102)).isEmpty();
        assertThat(ledger.abortedIn(108, 200)).isEmpty();
    }

    @Test
    void archivedAbortedTransactionsLeaveTheSnapshotButStayKnownUntilForgotten() {
        append(2, 8, 0, true, 2);
        end(8, BatchFacts.Kind.ABORT_MARKER, 5);
        append(2, -1, -1, false, 6);

        assertThat(ledger.archived(104, new ManifestRef(1, 1))).isTrue();
        assertThat(ledger.archived(104, new ManifestRef(1, 1))).isFalse();
        assertThat(ledger.snapshot().aborted()).isEmpty();
        assertThat(ledger.abortedIn(100, 105)).hasSize(1);
        assertThat(ledger.abortedKnownFrom()).isEqualTo(100);
        assertThat(PartitionLedger.from(ledger.snapshot()).abortedKnownFrom()).isEqualTo(104);

        ledger.forgetAbortedBelow(105);
        assertThat(ledger.abortedIn(100, 105)).isEmpty();
        assertThat(ledger.abortedKnownFrom()).isEqualTo(104);
    }

    @Test
    void whatIsDeletedCountsAsArchived() {
        append(10, -1, -1, false, 1);

        assertThat(ledger.moveLogStart(105)).isTrue();
        assertThat(ledger.moveLogStart(105)).isFalse();
        assertThat(ledger.archivedEnd()).isEqualTo(105);
        assertThatThrownBy(() -> ledger.moveLogStart(111))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ledger.archived(111, new ManifestRef(1, 1)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void producersExpireByTheLeadersTimeUnlessTheirTransactionIsOpen() {
        append(1, 7, 0, false, 1_000);
        append(1, 8, 0, true, 1_000);
        append(1, 9, 0, false, 1_500);

        assertThat(ledger.expireProducers(1_999, 1_000)).isZero();
        assertThat(ledger.expireProducers(2_000, 1_000)).isEqualTo(1);
        assertThat(ledger.producers())
                .extracting(ProducerState::producerId)
                .containsExactly(8L, 9L);
        end(8, BatchFacts.Kind.COMMIT_MARKER, 2_400);
        assertThat(ledger.expireProducers(3_400, 1_000)).isEqualTo(2);
        assertThat(ledger.expireProducers(9_999, 1_000)).isZero();
    }

    @Test
    void snapshotIsTheSameObjectUntilSomethingChanges() {
        append(1, 7, 0, false, 1_000);
        PartitionState before = ledger.snapshot();
        ledger.expireProducers(1_500, 1_000);
        ledger.forgetAbortedBelow(100);

        assertThat(ledger.snapshot()).isSameAs(before);

        append(1, 7, 1, false, 1_000);
        assertThat(ledger.snapshot()).isNotSameAs(before);
    }
}
