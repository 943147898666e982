// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Leader epochs of one partition with their first offsets: Kafka's LeaderEpochFileCache without
/// the file. Owner: the ledger's.
final class EpochHistory {
    private final List<EpochStart> entries;

    EpochHistory(List<EpochStart> entries) {
        this.entries = new ArrayList<>(entries);
    }

    void add(int epoch, long startOffset) {
        if (!entries.isEmpty()) {
            EpochStart last = entries.getLast();
            if (last.epoch() == epoch) {
                return;
            }
            if (last.epoch() > epoch) {
                throw new IllegalStateException(
                        "leader epoch went back: epoch="
                                + epoch
                                + ", last="
                                + last.epoch()
                                + ", offset="
                                + startOffset);
            }
            while (!entries.isEmpty() && entries.getLast().startOffset() >= startOffset) {
                entries.removeLast(); // nothing was written in it, or all of it was deleted
            }
        }
        entries.add(new EpochStart(epoch, startOffset));
    }

    /// Epochs that end at or below `offset` go; the one that is current there starts there.
    void dropBelow(long offset) {
        int epoch = -1;
        while (!entries.isEmpty() && entries.getFirst().startOffset() <= offset) {
            epoch = entries.removeFirst().epoch();
        }
        if (epoch >= 0) {
            entries.addFirst(new EpochStart(epoch, offset));
        }
    }

    Optional<PartitionLedger.EpochEnd> endOf(int epoch, long logEnd) {
        if (entries.isEmpty() || epoch < 0 || epoch > entries.getLast().epoch()) {
            return Optional.empty();
        }
        if (epoch == entries.getLast().epoch()) {
            return Optional.of(new PartitionLedger.EpochEnd(epoch, logEnd));
        }
        int floor = epoch;
        for (EpochStart entry : entries) {
            if (entry.epoch() > epoch) {
                return Optional.of(new PartitionLedger.EpochEnd(floor, entry.startOffset()));
            }
            floor = entry.epoch();
        }
        throw new IllegalStateException("epochs not sorted: epochs=" + entries);
    }

    OptionalInt latest() {
        return entries.isEmpty() ? OptionalInt.empty() : OptionalInt.of(entries.getLast().epoch());
    }

    List<EpochStart> all() {
        return List.copyOf(entries);
    }
}
