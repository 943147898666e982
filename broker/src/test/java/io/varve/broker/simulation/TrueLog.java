// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.simulation;

import io.varve.broker.log.HotLease;
import io.varve.broker.log.HotRange;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// What was ever visible of a shard's partitions: written down when it is seen first, held against
/// everything that is seen afterwards, on any replica and in the bucket. Owner: the simulation.
final class TrueLog {
    private static final int READ_BYTES = 1 << 20;

    private final Map<PartitionId, Part> parts = new TreeMap<>();
    private final Set<Slice> dead = new HashSet<>();
    private final Watch watch;
    private int epochMax = -1;

    /// Told what became visible.
    interface Watch {
        void appeared(PartitionId id, BatchHeader batch);
    }

    private record Slice(PartitionId id, int epoch, long baseOffset) {}

    /// One visible batch.
    record Batch(long endOffset, ByteBuffer bytes) {}

    /// One partition.
    static final class Part {
        final TreeMap<Long, Batch> batches = new TreeMap<>();

        /// Offsets that a restore left unused.
        final TreeMap<Long, Long> gaps = new TreeMap<>();

        long end;

        /// First offset that may have to be there: what was ever asked to be deleted is below.
        long startMax;

        /// Whether it was asked to leave: what was written before in the same frame is never seen.
        boolean leaving;

        /// Where the next offset is that something holds.
        long skipGap(long offset) {
            Map.Entry<Long, Long> gap = gaps.floorEntry(offset);
            return gap != null && offset < gap.getValue() ? gap.getValue() : offset;
        }
    }

    TrueLog(Watch watch) {
        this.watch = watch;
    }

    Part part(PartitionId id) {
        return parts.computeIfAbsent(id, _ -> new Part());
    }

    Map<PartitionId, Part> parts() {
        return parts;
    }

    /// A frame of an earlier leadership went to Raft.
    void mustNotShow(PartitionId id, int epoch, long baseOffset) {
        dead.add(new Slice(id, epoch, baseOffset));
    }

    /// Reads what this replica shows beyond what was seen.
    void observe(PartitionView view) throws IOException {
        Part part = part(view.id());
        while (part.end < view.highWatermark()) {
            long before = part.end;
            readHot(
                    view,
                    part.end,
                    batch -> {
                        if (batch.baseOffset() == part.end) {
                            add(part, view.id(), batch);
                        }
                    });
            if (part.end == before) {
                return; // another replica or the bucket shows it
            }
        }
    }

    private void add(Part part, PartitionId id, BatchHeader batch) {
        batch.verify();
        if (dead.contains(new Slice(id, batch.partitionLeaderEpoch(), batch.baseOffset()))) {
            throw new AssertionError(
                    "a frame of an earlier leadership is visible: partition="
                            + id
                            + ", batch="
                            + batch);
        }
        part.batches.put(batch.baseOffset(), new Batch(batch.endOffset(), copy(batch)));
        part.end = batch.endOffset();
        epochMax = Math.max(epochMax, batch.partitionLeaderEpoch());
        watch.appeared(id, batch);
    }

    static ByteBuffer copy(BatchHeader batch) {
        ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
        bytes.put(batch.bytes());
        return bytes.flip();
    }

    /// Takes batches.
    interface Sink {
        void take(BatchHeader batch);
    }

    /// Reads the batches that local disk serves from this offset on, without a hole.
    ///
    /// @return where they end; `offset` when it is not served from here
    static long readHot(PartitionView view, long offset, Sink sink) throws IOException {
        long at = offset;
        for (HotRange row : view.hotRows(offset, READ_BYTES)) {
            Optional<HotLease> lease = view.lease(row);
            if (lease.isEmpty()) {
                throw new AssertionError("row without a file: row=" + row);
            }
            try (HotLease held = lease.get()) {
                for (BatchHeader batch : Batches.in(held.bytes())) {
                    if (batch.endOffset() > at) {
                        if (batch.baseOffset() > at) {
                            throw new AssertionError(
                                    "hole in a local file: partition="
                                            + view.id()
                                            + ", offset="
                                            + at
                                            + ", batch="
                                            + batch);
                        }
                        sink.take(batch);
                        at = batch.endOffset();
                    }
                }
            }
        }
        return at;
    }

    /// A batch that something holds is the one that was seen.
    void check(PartitionId id, BatchHeader batch, String where) {
        Part part = part(id);
        Batch known = part.batches.get(batch.baseOffset());
        boolean same = known != null && known.bytes().equals(batch.bytes());
        boolean before = part.batches.isEmpty() || batch.endOffset() <= part.batches.firstKey();
        boolean unseen = known == null && part.leaving && batch.baseOffset() >= part.end;
        if (!same && !unseen && !(before && batch.endOffset() <= part.startMax)) {
            throw new AssertionError(
                    (known == null ? "never visible: " : "other bytes: ")
                            + "partition="
                            + id
                            + ", batch="
                            + batch
                            + ", end="
                            + part.end
                            + ", at="
                            + where);
        }
    }

    /// What the bucket gives back after everything else is gone, in place of all that was seen.
    void restored(PartitionId id, TreeMap<Long, Batch> batches, long logStart, long end) {
        Part part = new Part();
        long at = logStart;
        for (Map.Entry<Long, Batch> batch : batches.entrySet()) {
            if (batch.getKey() > at) {
                part.gaps.put(at, batch.getKey());
            }
            at = batch.getValue().endOffset();
        }
        if (end > at) {
            part.gaps.put(at, end);
        }
        part.batches.putAll(batches);
        part.startMax = logStart;
        part.end = end;
        parts.put(id, part);
    }

    /// The highest leader epoch that was seen; -1 when there was none.
    int epochMax() {
        return epochMax;
    }
}
