// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/// Gathers bytes into whole blocks for a file that was opened for direct writes, which takes no
/// others. Owner: one put.
final class DirectOutput implements WritableByteChannel {
    private final FileChannel file;
    private final ByteBuffer block;
    private final int alignment;
    private long written;

    /// @param file open with `O_DIRECT`, and empty; stays the caller's
    /// @param block direct, aligned, a multiple of the alignment long
    /// @param alignment bytes that sizes and positions are a multiple of; a power of two
    DirectOutput(FileChannel file, ByteBuffer block, int alignment) {
        this.file = file;
        this.block = block;
        this.alignment = alignment;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = Math.min(source.remaining(), block.remaining());
        block.put(source.slice(source.position(), count));
        source.position(source.position() + count);
        if (!block.hasRemaining()) {
            writeBlock();
        }
        return count;
    }

    /// Writes what is left, and cuts off what that was filled up with. To be called once, after the
    /// last byte.
    void finish() throws IOException {
        long bytes = written + block.position();
        while (block.position() % alignment != 0) {
            block.put((byte) 0);
        }
        writeBlock();
        if (written != bytes) {
            file.truncate(bytes);
        }
    }

    private void writeBlock() throws IOException {
        block.flip();
        while (block.hasRemaining()) {
            written += file.write(block, written);
        }
        block.clear();
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() {
        // The file is its opener's.
    }
}
