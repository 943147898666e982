// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// The right to read a range: while it is open the file is neither overwritten nor closed. Who
/// sends from the file by [#channel()] closes the lease when the kernel was given everything.
///
/// Nothing checks the bytes that the kernel sends: the batches carry their own checksums.
/// Thread-safe; must not be used on threads that others interrupt.
public final class HotLease implements AutoCloseable {
    private final ShardLog log;
    private final LogFile file;
    private final HotRange range;
    private final AtomicBoolean closed = new AtomicBoolean();

    HotLease(ShardLog log, LogFile file, HotRange range) {
        this.log = log;
        this.file = file;
        this.range = range;
    }

    public HotRange range() {
        return range;
    }

    /// The file, to send from position [HotRange#position]. Shared: never closed here. Empty on a
    /// disk that is not one of the operating system.
    ///
    /// @throws IOException the file cannot be opened
    public Optional<FileChannel> channel() throws IOException {
        checkOpen();
        return log.channelOf(file);
    }

    /// The bytes if they are in memory: no disk read. Read only, and valid for ever.
    public Optional<ByteBuffer> cached() {
        checkOpen();
        return log.cached(range);
    }

    /// The whole range, from memory or from disk. Read only; valid for ever.
    ///
    /// @throws DamagedFrameException the file ends before the range does
    public ByteBuffer bytes() throws IOException {
        checkOpen();
        return log.read(file, range);
    }

    private void checkOpen() {
        if (closed.get()) {
            throw new IllegalStateException("lease is closed: range=" + range);
        }
    }

    /// Idempotent.
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            log.leaseEnded(file);
        }
    }
}
