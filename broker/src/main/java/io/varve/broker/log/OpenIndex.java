// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.PartitionId;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The index of a file that is not written yet, in memory: 32 bytes for an entry, 40 for a row.
/// Owner: the apply thread; read from any thread.
final class OpenIndex implements FileIndex {
    private static final int CELLS = 4;
    private static final long NO_FRAME = 0;

    private final long file;
    private final Map<PartitionId, OpenRows> rows = new ConcurrentHashMap<>();

    /// Only entries of which a slice was dropped: rare.
    private final Map<Long, BitSet> kept = new ConcurrentHashMap<>();

    // Cells are written before the count that shows them; old cells never change.
    private volatile long[] cells = new long[16 * CELLS];
    private volatile int count;

    OpenIndex(long file) {
        this.file = file;
    }

    /// Indexes must grow.
    void addEntry(
            long term, long index, @Nullable FrameLocation frame, @Nullable BitSet keptSlices) {
        int at = count;
        long[] now = cells;
        if (now.length < (at + 1) * CELLS) {
            now = Arrays.copyOf(now, now.length * 2);
        }
        int cell = at * CELLS;
        now[cell] = term;
        now[cell + 1] = index;
        now[cell + 2] = frame == null ? NO_FRAME : frame.position();
        now[cell + 3] = frame == null ? 0 : (long) frame.tableLength() << 32 | frame.bodyLength();
        cells = now;
        if (keptSlices != null) {
            kept.put(index, keptSlices);
        }
        count = at + 1;
    }

    void addRow(DataSlice slice, FrameLocation frame) {
        rows.computeIfAbsent(slice.id(), id -> new OpenRows())
                .add(
                        slice.baseOffset(),
                        slice.endOffset(),
                        slice.maxTimestampMs(),
                        frame.bodyPosition() + slice.position(),
                        slice.length());
    }

    @Override
    public int entryCount() {
        return count;
    }

    @Override
    public long indexAt(int at) {
        return cells[at * CELLS + 1];
    }

    @Override
    public Entry entry(int at) {
        long[] now = cells;
        int cell = at * CELLS;
        long term = now[cell];
        long index = now[cell + 1];
        long position = now[cell + 2];
        long lengths = now[cell + 3];
        FrameLocation frame =
                position == NO_FRAME
                        ? null
                        : new FrameLocation(
                                term, index, file, position, (int) (lengths >>> 32), (int) lengths);
        return new Entry(term, index, frame, kept.get(index));
    }

    @Override
    public Optional<Rows> rows(PartitionId id) {
        return Optional.ofNullable(rows.get(id));
    }

    @Override
    public List<PartitionId> partitions() {
        return rows.keySet().stream().sorted().toList();
    }
}
