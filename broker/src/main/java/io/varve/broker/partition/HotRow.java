// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.partition;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;

/// Consecutive committed batches of one partition on local disk, and the right to read them: the
/// file is not overwritten until [#close]. Thread-safe.
public interface HotRow extends AutoCloseable {
    long baseOffset();

    /// Exclusive.
    long endOffset();

    /// In bytes.
    int length();

    /// Where the row starts in [#channel].
    long position();

    /// The file, to send from; shared, never closed by readers. Empty where files are not the
    /// operating system's.
    Optional<FileChannel> channel() throws IOException;

    /// All bytes if they are in memory. Valid after [#close] as well; never written to.
    Optional<ByteBuffer> cached();

    /// All bytes, from memory or disk. Valid after [#close] as well; never written to.
    ByteBuffer bytes() throws IOException;

    /// Idempotent.
    @Override
    void close();
}
