// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;

/// An open file. Reads may come from any thread; writes from one thread at a time, while another
/// forces.
public interface DiskFile extends Closeable {
    long size() throws IOException;

    /// Writes all bytes of all parts, one behind the other, from `position` on.
    void write(long position, ByteBuffer... parts) throws IOException;

    /// Reads from `position` until the buffer is full or the file ends.
    ///
    /// @return bytes read; 0 at the end of the file
    int read(long position, ByteBuffer into) throws IOException;

    /// Makes all bytes durable whose write ended before.
    void force() throws IOException;

    /// The file for the kernel to send from; empty where there is none (a disk in memory).
    Optional<FileChannel> channel() throws IOException;
}
