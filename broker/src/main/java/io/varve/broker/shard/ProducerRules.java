// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import io.varve.manifest.state.BatchFacts;
import io.varve.manifest.state.ProducerBatch;
import io.varve.manifest.state.ProducerState;
import java.util.List;
import java.util.OptionalLong;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/// Which batch of a producer may follow which: the rules of Kafka's ProducerAppendInfo 4.3 and the
/// search for duplicates among the last five batches. Pure functions; Kafka's classes are the
/// oracle in the tests.
final class ProducerRules {
    private static final int NO_EPOCH = -1;
    private static final int NO_SEQUENCE = -1;
    private static final int NO_COORDINATOR_EPOCH = -1;
    private static final short TRANSACTIONS_V2 = 2;

    private ProducerRules() {}

    /// What is to be done with a batch.
    sealed interface Verdict {
        record Fits() implements Verdict {}

        record Repeats(ProducerBatch batch) implements Verdict {}

        record Refused(Errors error, String message) implements Verdict {}
    }

    private static final Verdict FITS = new Verdict.Fits();

    /// @param state what is known of the producer, or null
    /// @param transactionVersion of the request, 0 when it does not say
    static Verdict check(
            @Nullable ProducerState state,
            BatchFacts batch,
            Origin origin,
            short transactionVersion) {
        if (batch.kind() != BatchFacts.Kind.DATA) {
            return checkMarker(state, batch, transactionVersion);
        }
        if (origin == Origin.CLIENT
                && state != null
                && state.producerEpoch() == batch.producerEpoch()) {
            for (ProducerBatch known : state.batches()) {
                if (known.baseSequence() == batch.baseSequence()
                        && known.lastSequence() == batch.lastSequence()) {
                    return new Verdict.Repeats(known);
                }
            }
        }
        if (batch.producerEpoch() < epochOf(state)) {
            return staleEpoch(state, batch);
        }
        if (origin == Origin.CLIENT) {
            Verdict sequence = checkSequence(state, batch, transactionVersion);
            if (!(sequence instanceof Verdict.Fits)) {
                return sequence;
            }
        }
        if (state != null && state.openTxnFirstOffset().isPresent() && !batch.transactional()) {
            return new Verdict.Refused(
                    Errors.INVALID_TXN_STATE,
                    "write outside of the open transaction: producerId="
                            + batch.producerId()
                            + ", openSince="
                            + state.openTxnFirstOffset().getAsLong());
        }
        return FITS;
    }

    private static Verdict checkSequence(
            @Nullable ProducerState state, BatchFacts batch, short transactionVersion) {
        int first = batch.baseSequence();
        if (state == null) {
            // The producer may have been forgotten: any sequence may come (UnknownProducers asks
            // for it twice), except from producers of the second transaction protocol, which start
            // anew at 0.
            return transactionVersion >= TRANSACTIONS_V2 && batch.transactional() && first != 0
                    ? outOfOrder(batch, NO_SEQUENCE)
                    : FITS;
        }
        if (batch.producerEpoch() != state.producerEpoch()) {
            return first == 0 ? FITS : outOfOrder(batch, NO_SEQUENCE);
        }
        int last =
                state.batches().isEmpty() ? NO_SEQUENCE : state.batches().getLast().lastSequence();
        boolean follows = first == last + 1L || (first == 0 && last == Integer.MAX_VALUE);
        return follows ? FITS : outOfOrder(batch, last);
    }

    private static Verdict outOfOrder(BatchFacts batch, int last) {
        return new Verdict.Refused(
                Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
                "sequence does not follow: producerId="
                        + batch.producerId()
                        + ", producerEpoch="
                        + batch.producerEpoch()
                        + ", baseSequence="
                        + batch.baseSequence()
                        + ", lastSequence="
                        + last);
    }

    private static Verdict staleEpoch(@Nullable ProducerState state, BatchFacts batch) {
        return new Verdict.Refused(
                Errors.INVALID_PRODUCER_EPOCH,
                "producer epoch is not the newest: producerId="
                        + batch.producerId()
                        + ", producerEpoch="
                        + batch.producerEpoch()
                        + ", newest="
                        + epochOf(state));
    }

    private static Verdict checkMarker(
            @Nullable ProducerState state, BatchFacts marker, short transactionVersion) {
        int current = epochOf(state);
        boolean strict = transactionVersion >= TRANSACTIONS_V2;
        boolean stale =
                strict ? marker.producerEpoch() <= current : marker.producerEpoch() < current;
        if (stale && !(strict && marker.producerEpoch() == current && isRetry(state, marker))) {
            return staleEpoch(state, marker);
        }
        if (state != null && state.coordinatorEpoch() > marker.coordinatorEpoch()) {
            return new Verdict.Refused(
                    Errors.TRANSACTION_COORDINATOR_FENCED,
                    "marker of an older coordinator: producerId="
                            + marker.producerId()
                            + ", coordinatorEpoch="
                            + marker.coordinatorEpoch()
                            + ", newest="
                            + state.coordinatorEpoch());
        }
        return FITS;
    }

    /// The transaction has ended already (KAFKA-19999): the marker was written and its answer lost.
    private static boolean isRetry(@Nullable ProducerState state, BatchFacts marker) {
        return state == null
                || state.openTxnFirstOffset().isEmpty()
                || marker.producerEpoch() == Short.MAX_VALUE;
    }

    private static int epochOf(@Nullable ProducerState state) {
        return state == null ? NO_EPOCH : state.producerEpoch();
    }

    /// The producer's state behind a batch that fits: what
    /// [io.varve.manifest.state.PartitionLedger] will make of it at apply.
    static ProducerState after(@Nullable ProducerState state, BatchFacts batch, long frameTimeMs) {
        List<ProducerBatch> window =
                state != null && state.producerEpoch() == batch.producerEpoch()
                        ? state.batches()
                        : List.of();
        if (batch.kind() != BatchFacts.Kind.DATA) {
            return new ProducerState(
                    batch.producerId(),
                    batch.producerEpoch(),
                    batch.coordinatorEpoch(),
                    frameTimeMs,
                    OptionalLong.empty(),
                    window);
        }
        OptionalLong open = state == null ? OptionalLong.empty() : state.openTxnFirstOffset();
        if (open.isEmpty() && batch.transactional()) {
            open = OptionalLong.of(batch.baseOffset());
        }
        return new ProducerState(
                batch.producerId(),
                batch.producerEpoch(),
                state == null ? NO_COORDINATOR_EPOCH : state.coordinatorEpoch(),
                frameTimeMs,
                open,
                withLast(window, batch));
    }

    private static List<ProducerBatch> withLast(List<ProducerBatch> window, BatchFacts batch) {
        int kept = Math.min(window.size(), ProducerState.BATCHES_MAX - 1);
        ProducerBatch[] next = new ProducerBatch[kept + 1];
        for (int i = 0; i < kept; i++) {
            next[i] = window.get(window.size() - kept + i);
        }
        next[kept] =
                new ProducerBatch(
                        batch.baseSequence(),
                        batch.lastSequence(),
                        batch.baseOffset(),
                        batch.endOffset() - 1,
                        batch.maxTimestampMs());
        return List.of(next);
    }
}
