// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.VersionTooNewException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/// First bytes of a shard-log file, big-endian; see docs/formats/shard-log-v1.md.
///
/// ```
/// magic 8 "VARVELOG" | version 4 | crc32c 4 (of the rest) | identity 8 | zeros 40
/// ```
///
/// @param identity which life of the file this is: its number in the upper 40 bits, 24 random bits
///   below
record FileHeader(long identity) {
    static final int BYTES = 64;
    static final int VERSION = 1;
    private static final long MAGIC = 0x56415256454C4F47L;
    private static final int RANDOM_BITS = 24;
    private static final int CRC_AT = 12;
    private static final int IDENTITY_AT = 16;

    static FileHeader of(long number, int random) {
        return new FileHeader(number << RANDOM_BITS | (random & ((1 << RANDOM_BITS) - 1)));
    }

    static boolean isOf(long identity, long number) {
        return identity >>> RANDOM_BITS == number;
    }

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.putLong(MAGIC).putInt(VERSION).putInt(0).putLong(identity);
        return out.putInt(CRC_AT, crc(out)).position(0).limit(BYTES);
    }

    /// @param bytes a file's first bytes, from position 0
    /// @return empty when they are no header
    static Optional<FileHeader> decode(ByteBuffer bytes, String file) {
        if (bytes.limit() < BYTES
                || bytes.getLong(0) != MAGIC
                || bytes.getInt(CRC_AT) != crc(bytes)) {
            return Optional.empty();
        }
        int version = bytes.getInt(8);
        if (version > VERSION) {
            throw new VersionTooNewException(file, version, VERSION);
        }
        return Optional.of(new FileHeader(bytes.getLong(IDENTITY_AT)));
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, CRC_AT));
        crc.update(bytes.slice(IDENTITY_AT, BYTES - IDENTITY_AT));
        return (int) crc.getValue();
    }
}
