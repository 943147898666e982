// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/// First bytes of a frame in a shard-log file, big-endian; see docs/formats/shard-log-v1.md.
///
/// ```
/// magic 4 "VFRM" | crc32c 4 (of the rest of the header) | identity 8 | term 8 | index 8
///   | table length 4 | body length 4 | crc32c of table 4 | crc32c of body 4
/// ```
///
/// Then table, body and zeros up to a multiple of 8. The header's CRC covers the identity and the
/// other CRCs, so every byte of a frame is tied to this life of this file.
record FrameHeader(
        long identity,
        long term,
        long index,
        int tableLength,
        int bodyLength,
        int tableCrc,
        int bodyCrc) {
    static final int BYTES = 48;
    static final int ALIGNMENT = 8;
    static final int MAGIC = 0x5646524D;
    private static final int CRC_AT = 4;
    private static final int COVERED_AT = 8;

    static long frameBytes(int tableLength, int bodyLength) {
        long bytes = (long) BYTES + tableLength + bodyLength;
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    long frameBytes() {
        return frameBytes(tableLength, bodyLength);
    }

    /// Fills a buffer of [#BYTES] bytes, ready to be written.
    void encode(ByteBuffer out, CRC32C crc) {
        out.clear();
        out.putInt(MAGIC).putInt(0).putLong(identity).putLong(term).putLong(index);
        out.putInt(tableLength).putInt(bodyLength).putInt(tableCrc).putInt(bodyCrc);
        out.flip();
        out.putInt(CRC_AT, covered(out, 0, crc));
    }

    /// @return empty when there is no header at that position of the buffer
    static Optional<FrameHeader> decode(ByteBuffer in, int at, CRC32C crc) {
        if (in.limit() - at < BYTES
                || in.getInt(at) != MAGIC
                || in.getInt(at + CRC_AT) != covered(in, at, crc)) {
            return Optional.empty();
        }
        int tableLength = in.getInt(at + 32);
        int bodyLength = in.getInt(at + 36);
        if (tableLength < 0 || bodyLength < 0) {
            return Optional.empty();
        }
        return Optional.of(
                new FrameHeader(
                        in.getLong(at + 8),
                        in.getLong(at + 16),
                        in.getLong(at + 24),
                        tableLength,
                        bodyLength,
                        in.getInt(at + 40),
                        in.getInt(at + 44)));
    }

    private static int covered(ByteBuffer in, int at, CRC32C crc) {
        crc.reset();
        crc.update(in.slice(at + COVERED_AT, BYTES - COVERED_AT));
        return (int) crc.getValue();
    }
}
