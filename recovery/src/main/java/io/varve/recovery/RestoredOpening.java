// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery;

import io.varve.manifest.pack.PackWriter;
import io.varve.manifest.pack.SectionBuilder;
import io.varve.manifest.state.EpochStart;
import io.varve.manifest.state.PartitionLedger;
import io.varve.manifest.state.PartitionState;
import io.varve.manifest.state.ProducerState;
import io.varve.recovery.PartitionPlan.Origin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;

/// A partition as its shard's first checkpoint opens it: behind its restored end come markers that
/// abort the transactions that were open there, then offsets that stay unused. The same plan gives
/// the same bytes, whoever makes them and when. Immutable.
///
/// @param restored the state at the restored end
/// @param opened the state behind markers and unused offsets
/// @param markers one batch each, in order, from the restored end on
/// @param offsetGap how many offsets stay unused
public record RestoredOpening(
        PartitionState restored, PartitionState opened, List<ByteBuffer> markers, long offsetGap) {
    private static final int FIRST_COORDINATOR_EPOCH = 0;

    public RestoredOpening {
        markers = List.copyOf(markers);
    }

    /// @param offsetGap wanted; internal and deleted topics get none
    static RestoredOpening of(PartitionPlan plan, long offsetGap) {
        PartitionState state = plan.state();
        if (plan.origin() == Origin.METADATA || plan.origin() == Origin.DELETED) {
            return new RestoredOpening(state, state, List.of(), 0);
        }
        PartitionLedger ledger = PartitionLedger.from(state);
        List<ByteBuffer> markers = new ArrayList<>();
        for (ProducerState producer : ledger.openTransactions()) {
            markers.add(marker(ledger, producer));
        }
        if (!markers.isEmpty()) {
            try (PackWriter scratch = PackWriter.inMemory()) {
                append(scratch, ledger, state, markers);
            } catch (IOException e) {
                throw new UncheckedIOException(e); // nothing here does I/O
            }
        }
        long gap = plan.topicName().startsWith("__") ? 0 : offsetGap;
        return new RestoredOpening(
                state, withGap(ledger.snapshot(), gap, plan.firstEpoch()), markers, gap);
    }

    /// Where the markers end.
    long markersEnd() {
        return restored.highWatermark() + markers.size();
    }

    /// Writes the markers as a section.
    void writeMarkers(PackWriter writer) throws IOException {
        if (!markers.isEmpty()) {
            append(writer, PartitionLedger.from(restored), restored, markers);
        }
    }

    private static void append(
            PackWriter writer,
            PartitionLedger ledger,
            PartitionState state,
            List<ByteBuffer> markers)
            throws IOException {
        SectionBuilder section = writer.section(ledger);
        List<ProducerState> open = PartitionLedger.from(state).openTransactions();
        for (int i = 0; i < markers.size(); i++) {
            section.append(markers.get(i).duplicate(), open.get(i).lastTimestampMs());
        }
    }

    private static ByteBuffer marker(PartitionLedger ledger, ProducerState producer) {
        long at =
                ledger.highWatermark()
                        + ledger.openTransactions().indexOf(producer); // one offset each
        return MemoryRecords.withEndTransactionMarker(
                        at,
                        producer.lastTimestampMs(),
                        ledger.baseEpoch(),
                        producer.producerId(),
                        producer.producerEpoch(),
                        new EndTransactionMarker(
                                ControlRecordType.ABORT,
                                Math.max(FIRST_COORDINATOR_EPOCH, producer.coordinatorEpoch())))
                .buffer();
    }

    /// The epoch of the new generation starts at the restored end, so that clients see where the
    /// older one ends; the first record comes behind the gap.
    private static PartitionState withGap(PartitionState state, long gap, int firstEpoch) {
        if (gap == 0) {
            return state;
        }
        List<EpochStart> epochs = new ArrayList<>(state.epochs());
        if (epochs.isEmpty() || epochs.getLast().epoch() < firstEpoch) {
            epochs.removeIf(epoch -> epoch.startOffset() >= state.highWatermark());
            epochs.add(new EpochStart(firstEpoch, state.highWatermark()));
        }
        return new PartitionState(
                state.id(),
                state.topicName(),
                state.topicRecord(),
                state.baseEpoch(),
                state.logStart(),
                state.archivedEnd(),
                state.highWatermark() + gap,
                state.manifest(),
                epochs,
                state.aborted(),
                state.producers());
    }
}
