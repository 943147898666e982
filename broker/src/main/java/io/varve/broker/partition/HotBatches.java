// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import io.varve.broker.network.OutgoingRecords;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Turns rows into what goes to a client: large rows as slices of their file (sent by the kernel),
/// small ones and parts of rows as buffers. Only a row that is cut is looked into. Owner: one
/// thread; one read.
final class HotBatches {
    /// Rows below this size are gathered: a system call for each costs more than the copy.
    static final int SLICE_BYTES_MIN = 16 << 10;

    /// Whole batches of the rows.
    ///
    /// @param endOffset end of the last batch; `firstOffset` when there are none
    record Taken(List<OutgoingRecords.Part> parts, long firstOffset, long endOffset) {}

    private final long offset;
    private final long visibleEnd;
    private final boolean oneBatchAtLeast;
    private final List<OutgoingRecords.Part> parts = new ArrayList<>();
    private long firstOffset = -1;
    private long endOffset = -1;
    private final int bytesMax;
    private int bytesLeft;

    HotBatches(long offset, long visibleEnd, int maxBytes, boolean oneBatchAtLeast) {
        this.offset = offset;
        this.visibleEnd = visibleEnd;
        this.bytesMax = maxBytes;
        this.bytesLeft = maxBytes;
        this.oneBatchAtLeast = oneBatchAtLeast;
    }

    Taken take(List<HotRow> rows) throws IOException {
        for (HotRow row : rows) {
            boolean whole =
                    row.baseOffset() >= offset
                            && row.endOffset() <= visibleEnd
                            && row.length() <= bytesLeft;
            if (whole) {
                takeWhole(row);
            } else if (row.baseOffset() >= visibleEnd || isWellFilled() || !takePart(row)) {
                break;
            }
        }
        return new Taken(parts, firstOffset, endOffset);
    }

    /// A cut row is read to be cut: not worth it for the rest of a budget.
    private boolean isWellFilled() {
        return firstOffset >= 0 && bytesLeft < bytesMax / 2;
    }

    private void took(long from, long to, int bytes) {
        if (firstOffset < 0) {
            firstOffset = from;
        }
        endOffset = to;
        bytesLeft -= bytes;
    }

    private void takeWhole(HotRow row) throws IOException {
        Optional<ByteBuffer> cached = row.cached();
        Optional<FileChannel> file =
                cached.isPresent() || row.length() < SLICE_BYTES_MIN
                        ? Optional.empty()
                        : row.channel();
        parts.add(
                file.isPresent()
                        ? new OutgoingRecords.FilePart(file.get(), row.position(), row.length())
                        : new OutgoingRecords.BufferPart(
                                cached.isPresent() ? cached.get() : row.bytes()));
        took(row.baseOffset(), row.endOffset(), row.length());
    }

    /// @return whether the row was taken to its end
    private boolean takePart(HotRow row) throws IOException {
        ByteBuffer bytes = row.bytes();
        int from = -1;
        int to = -1;
        long end = -1;
        long first = -1;
        int wantedMax = bytesLeft;
        boolean all = true;
        for (BatchHeader batch : Batches.in(bytes)) {
            if (batch.endOffset() <= offset) {
                continue;
            }
            boolean firstOfAll = firstOffset < 0 && from < 0;
            boolean fits = batch.sizeInBytes() <= wantedMax || (firstOfAll && oneBatchAtLeast);
            if (batch.baseOffset() >= visibleEnd || !fits) {
                all = false;
                break;
            }
            if (from < 0) {
                from = batch.position();
                first = batch.baseOffset();
            }
            to = batch.position() + batch.sizeInBytes();
            end = batch.endOffset();
            wantedMax -= batch.sizeInBytes();
        }
        if (from >= 0) {
            parts.add(new OutgoingRecords.BufferPart(bytes.slice(from, to - from)));
            took(first, end, to - from);
        }
        return all;
    }
}
