// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.cold;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;

/// Reads a log through a cold tier and compares with what was appended.
///
/// @param run what it takes to replay a failure
record LogReads(ColdTier tier, TieredLog log, String run) {
    ColdRead read(long offset, int maxBytes) {
        return tier.reader().read(log.view, offset, maxBytes).join();
    }

    /// One read: identical bytes, as many as fit.
    ///
    /// @return where the next one begins
    long check(long offset, int maxBytes) {
        ColdRead.Found found = (ColdRead.Found) read(offset, maxBytes);
        int first = log.indexAt(offset);
        int end = log.indexAt(found.endOffset());
        assertThat(found.firstOffset()).isEqualTo(log.batches.get(first).baseOffset());
        assertThat(joined(found.parts()))
                .as("%s, offset=%d", run, offset)
                .isEqualTo(log.bytes(first, end));
        assertThat(found.bytes() <= maxBytes || end == first + 1).isTrue();
        return found.endOffset();
    }

    void checkAllFrom(long offset, int maxBytes) {
        long at = offset;
        while (at < log.end()) {
            at = check(at, maxBytes);
        }
    }

    static ByteBuffer joined(List<ByteBuffer> parts) {
        ByteBuffer all = ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> all.put(part.duplicate()));
        return all.flip();
    }
}
