// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import io.varve.manifest.CorruptObjectException;
import io.varve.manifest.batch.BatchHeader;
import io.varve.manifest.batch.Batches;
import io.varve.manifest.batch.CorruptBatchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// Reads frames and ranges of batches from a file and checks every byte of them. Stateless.
final class FrameReads {
    private FrameReads() {}

    static FrameTable table(DiskFile disk, long identity, FrameLocation at) throws IOException {
        ByteBuffer bytes = read(disk, at, at.position(), FrameHeader.BYTES + at.tableLength());
        FrameHeader header = header(bytes, identity, at);
        return decode(part(bytes, FrameHeader.BYTES, at.tableLength(), header.tableCrc(), at), at);
    }

    static FrameTable decode(ByteBuffer table, FrameLocation at) throws DamagedFrameException {
        try {
            return FrameTable.decode(table);
        } catch (CorruptObjectException e) {
            DamagedFrameException damaged =
                    new DamagedFrameException("damaged frame table", at.file(), at.position());
            damaged.initCause(e);
            throw damaged;
        }
    }

    /// @return read only
    static ByteBuffer body(DiskFile disk, long identity, FrameLocation at) throws IOException {
        int bodyAt = FrameHeader.BYTES + at.tableLength();
        int length = Math.addExact(bodyAt, at.bodyLength());
        ByteBuffer bytes = read(disk, at, at.position(), length);
        FrameHeader header = header(bytes, identity, at);
        return part(bytes, bodyAt, at.bodyLength(), header.bodyCrc(), at).asReadOnlyBuffer();
    }

    /// A row's batches: each one's CRC is right, and their offsets are the row's.
    ///
    /// @return read only
    static ByteBuffer batches(DiskFile disk, HotRange range) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(range.length());
        disk.read(range.position(), bytes);
        if (bytes.hasRemaining()) {
            throw damaged("file ends before its rows", range);
        }
        bytes.flip();
        try {
            long next = range.baseOffset();
            for (BatchHeader batch : Batches.in(bytes)) {
                if (batch.baseOffset() != next) {
                    throw damaged("batch with a wrong offset", range);
                }
                batch.verify();
                next = batch.endOffset();
            }
            if (next != range.endOffset()) {
                throw damaged("batches end before their row does", range);
            }
        } catch (CorruptBatchException e) {
            DamagedFrameException damaged = damaged("damaged batch", range);
            damaged.initCause(e);
            throw damaged;
        }
        return bytes.asReadOnlyBuffer();
    }

    private static DamagedFrameException damaged(String fact, HotRange range) {
        return new DamagedFrameException(fact, range.file(), range.position());
    }

    private static ByteBuffer read(DiskFile disk, FrameLocation at, long position, int length)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        disk.read(position, bytes);
        if (bytes.hasRemaining()) {
            throw new DamagedFrameException("frame cut short", at.file(), at.position());
        }
        return bytes.flip();
    }

    private static FrameHeader header(ByteBuffer bytes, long identity, FrameLocation at)
            throws DamagedFrameException {
        FrameHeader header =
                FrameHeader.decode(bytes, 0, new CRC32C())
                        .orElseThrow(() ->
                                new DamagedFrameException(
                                        "damaged frame header", at.file(), at.position()));
        boolean same =
                header.identity() == identity
                        && header.term() == at.term()
                        && header.index() == at.index()
                        && header.tableLength() == at.tableLength()
                        && header.bodyLength() == at.bodyLength();
        if (!same) {
            throw new DamagedFrameException(
                    "another frame than the one looked for", at.file(), at.position());
        }
        return header;
    }

    private static ByteBuffer part(
            ByteBuffer bytes, int from, int length, int expectedCrc, FrameLocation at)
            throws DamagedFrameException {
        ByteBuffer part = bytes.slice(from, length);
        CRC32C crc = new CRC32C();
        crc.update(part.duplicate());
        if ((int) crc.getValue() != expectedCrc) {
            throw new DamagedFrameException("damaged frame", at.file(), at.position());
        }
        return part;
    }
}
