// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Producers of one partition and their open transactions: Kafka's ProducerStateManager without
/// files and checks. Bounded by the expiry of producers, which the owner of the ledger calls.
/// Owner: the ledger's.
final class ProducerTable {
    private static final int NO_COORDINATOR_EPOCH = -1;

    private final Map<Long, ProducerState> byId = new HashMap<>();
    private final TreeMap<Long, Long> openByFirstOffset = new TreeMap<>();

    /// No producer is older than this: expiry looks at them only when this one could be old enough.
    private long oldestMs = Long.MAX_VALUE;

    ProducerTable(List<ProducerState> producers) {
        producers.forEach(this::replace);
    }

    void append(BatchFacts batch, long frameTimeMs) {
        ProducerState old = byId.get(batch.producerId());
        List<ProducerBatch> window =
                old != null && old.producerEpoch() == batch.producerEpoch()
                        ? old.batches()
                        : List.of();
        ProducerBatch added =
                new ProducerBatch(
                        batch.baseSequence(),
                        batch.lastSequence(),
                        batch.baseOffset(),
                        batch.endOffset() - 1,
                        batch.maxTimestampMs());
        OptionalLong open = old == null ? OptionalLong.empty() : old.openTxnFirstOffset();
        if (open.isEmpty() && batch.transactional()) {
            open = OptionalLong.of(batch.baseOffset());
        }
        replace(
                new ProducerState(
                        batch.producerId(),
                        batch.producerEpoch(),
                        old == null ? NO_COORDINATOR_EPOCH : old.coordinatorEpoch(),
                        frameTimeMs,
                        open,
                        withLast(window, added)));
    }

    private static List<ProducerBatch> withLast(List<ProducerBatch> batches, ProducerBatch added) {
        int kept = Math.min(batches.size(), ProducerState.BATCHES_MAX - 1);
        ProducerBatch[] window = new ProducerBatch[kept + 1];
        for (int i = 0; i < kept; i++) {
            window[i] = batches.get(batches.size() - kept + i);
        }
        window[kept] = added;
        return List.of(window);
    }

    /// @return first offset of the transaction that the marker ends; empty when none was open
    Optional<Long> endTransaction(BatchFacts marker, long frameTimeMs) {
        ProducerState old = byId.get(marker.producerId());
        List<ProducerBatch> window =
                old != null && old.producerEpoch() == marker.producerEpoch()
                        ? old.batches()
                        : List.of();
        replace(
                new ProducerState(
                        marker.producerId(),
                        marker.producerEpoch(),
                        marker.coordinatorEpoch(),
                        frameTimeMs,
                        OptionalLong.empty(),
                        window));
        return old == null || old.openTxnFirstOffset().isEmpty()
                ? Optional.empty()
                : Optional.of(old.openTxnFirstOffset().getAsLong());
    }

    void replace(ProducerState state) {
        ProducerState old = byId.put(state.producerId(), state);
        if (old != null && old.openTxnFirstOffset().isPresent()) {
            openByFirstOffset.remove(old.openTxnFirstOffset().getAsLong());
        }
        state.openTxnFirstOffset()
                .ifPresent(first -> openByFirstOffset.put(first, state.producerId()));
        oldestMs = Math.min(oldestMs, state.lastTimestampMs());
    }

    int expire(long nowMs, long maxAgeMs) {
        if (oldestMs == Long.MAX_VALUE || nowMs - oldestMs < maxAgeMs) {
            return 0;
        }
        int before = byId.size();
        byId.values()
                .removeIf(state ->
                        state.openTxnFirstOffset().isEmpty()
                                && nowMs - state.lastTimestampMs() >= maxAgeMs);
        oldestMs =
                byId.values().stream()
                        .mapToLong(ProducerState::lastTimestampMs)
                        .min()
                        .orElse(Long.MAX_VALUE);
        return before - byId.size();
    }

    Optional<ProducerState> get(long producerId) {
        return Optional.ofNullable(byId.get(producerId));
    }

    Optional<Long> firstOpenOffset() {
        return openByFirstOffset.isEmpty()
                ? Optional.empty()
                : Optional.of(openByFirstOffset.firstKey());
    }

    List<ProducerState> open() {
        List<ProducerState> open = new ArrayList<>();
        for (long producerId : openByFirstOffset.values()) {
            ProducerState state = byId.get(producerId);
            if (state != null) {
                open.add(state);
            }
        }
        return List.copyOf(open);
    }

    List<ProducerState> all() {
        return byId.values().stream()
                .sorted(Comparator.comparingLong(ProducerState::producerId))
                .toList();
    }
}
