// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Writes frames one behind the other and makes them durable.
///
/// [#append] belongs to one thread, the appender. [#flush] may run on another one at the same time,
/// one flush after the other; it covers every append that had returned.
final class LogWriter {
    private static final ByteBuffer PADDING =
            ByteBuffer.allocateDirect(FrameHeader.ALIGNMENT).asReadOnlyBuffer();

    private final DiskFiles disk;
    private final ShardLogSettings settings;
    private final SpareFiles spares;
    private final LongSupplier nextNumber;
    private final RandomGenerator random;
    private final LogTally tally;
    private final Listener listener;

    // Owner: the appender thread.
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);
    private @Nullable Open current;
    private long position;

    private final ReentrantLock flushing = new ReentrantLock();
    private final ReentrantLock dirtyLock = new ReentrantLock();

    // Guarded by dirtyLock.
    private final Set<Open> dirty = new LinkedHashSet<>();
    private boolean namesDirty;

    private final AtomicReference<@Nullable ShardLogFailedException> failure =
            new AtomicReference<>();

    LogWriter(
            DiskFiles disk,
            ShardLogSettings settings,
            SpareFiles spares,
            LongSupplier nextNumber,
            RandomGenerator random,
            LogTally tally,
            Listener listener) {
        this.disk = disk;
        this.settings = settings;
        this.spares = spares;
        this.nextNumber = nextNumber;
        this.random = random;
        this.tally = tally;
        this.listener = listener;
    }

    /// What the log learns from its writer.
    interface Listener {
        /// A file was begun.
        void began(LogFile file);

        /// A full file is durable.
        void flushed(LogFile file);
    }

    private static final class Open {
        final LogFile file;
        final DiskFile channel;

        Open(LogFile file, DiskFile channel) {
            this.file = file;
            this.channel = channel;
        }
    }

    Optional<ShardLogFailedException> failure() {
        return Optional.ofNullable(failure.get());
    }

    void checkUsable() throws ShardLogFailedException {
        ShardLogFailedException failed = failure.get();
        if (failed != null) {
            throw new ShardLogFailedException(
                    "shard log failed before: cause=" + failed.getMessage(), failed);
        }
    }

    private ShardLogFailedException fail(String fact, Exception cause) {
        ShardLogFailedException failed = new ShardLogFailedException(fact, cause);
        failure.compareAndSet(null, failed);
        return failed;
    }

    /// @return where the frame is
    FrameLocation append(long term, long index, ByteBuffer table, ByteBuffer body)
            throws ShardLogFailedException {
        checkUsable();
        int tableLength = table.remaining();
        int bodyLength = body.remaining();
        long bytes = FrameHeader.frameBytes(tableLength, bodyLength);
        try {
            Open open = room(bytes);
            FrameHeader frame =
                    new FrameHeader(
                            open.file.identity(),
                            term,
                            index,
                            tableLength,
                            bodyLength,
                            crcOf(table),
                            crcOf(body));
            frame.encode(header, crc);
            long padding = bytes - FrameHeader.BYTES - tableLength - bodyLength;
            long at = position;
            open.channel.write(
                    at,
                    header,
                    table.duplicate(),
                    body.duplicate(),
                    PADDING.duplicate().limit((int) padding));
            position += bytes;
            open.file.wrote(frame, at);
            markDirty(open);
            tally.frames.increment();
            tally.bytesWritten.add(bytes);
            return new FrameLocation(term, index, open.file.number(), at, tableLength, bodyLength);
        } catch (IOException | RuntimeException e) {
            throw fail("append failed: term=" + term + ", index=" + index, e);
        }
    }

    private int crcOf(ByteBuffer bytes) {
        crc.reset();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    private void markDirty(Open open) {
        dirtyLock.lock();
        try {
            dirty.add(open);
        } finally {
            dirtyLock.unlock();
        }
    }

    /// From here on nobody marks the file dirty, so the flush that sees it full may close it.
    private void markFull(Open open) {
        dirtyLock.lock();
        try {
            open.file.markFull();
            dirty.add(open);
        } finally {
            dirtyLock.unlock();
        }
    }

    /// The current file if so many bytes fit, else the next one.
    private Open room(long bytes) throws IOException {
        Open open = current;
        if (open != null && position + bytes <= settings.fileBytes()) {
            return open;
        }
        if (open != null) {
            markFull(open);
        }
        Open next = begin(bytes);
        current = next;
        position = FileHeader.BYTES;
        return next;
    }

    private Open begin(long bytes) throws IOException {
        long number = nextNumber.getAsLong();
        String name = LogFileNames.log(number);
        long own = FileHeader.BYTES + bytes;
        Optional<SpareFiles.Spare> spare =
                own <= settings.fileBytes() ? spares.take() : Optional.empty();
        DiskFile channel;
        long size = 0;
        if (spare.isPresent()) {
            disk.rename(spare.get().name(), name);
            channel = disk.openToWrite(name);
            size = spare.get().bytes();
            tally.filesRecycled.increment();
        } else {
            channel = disk.create(name);
            tally.filesExtended.increment();
        }
        dirtyLock.lock();
        try {
            namesDirty = true;
        } finally {
            dirtyLock.unlock();
        }
        FileHeader head = FileHeader.of(number, random.nextInt());
        channel.write(0, head.encode());
        tally.bytesWritten.add(FileHeader.BYTES);
        LogFile file = new LogFile(disk, number, head.identity(), size);
        listener.began(file);
        spares.prepare();
        return new Open(file, channel);
    }

    /// Makes everything durable whose [#append] had returned.
    void flush() throws ShardLogFailedException {
        flushing.lock();
        try {
            checkUsable();
            List<Open> files;
            List<Open> full = new ArrayList<>();
            boolean names;
            dirtyLock.lock();
            try {
                files = List.copyOf(dirty);
                dirty.clear();
                for (Open open : files) {
                    if (open.file.isFull()) {
                        full.add(open);
                    }
                }
                names = namesDirty;
                namesDirty = false;
            } finally {
                dirtyLock.unlock();
            }
            if (files.isEmpty() && !names) {
                return;
            }
            force(files, names);
            tally.flushes.increment();
            for (Open open : full) {
                open.channel.close();
                open.file.markFlushed();
                listener.flushed(open.file);
            }
        } catch (IOException | RuntimeException e) {
            if (e instanceof ShardLogFailedException known) {
                throw known;
            }
            throw fail("flush failed", e);
        } finally {
            flushing.unlock();
        }
    }

    private void force(List<Open> files, boolean names) throws IOException {
        for (Open open : files) {
            open.channel.force();
            tally.fileSyncs.increment();
        }
        if (names) {
            disk.syncDirectory();
            tally.directorySyncs.increment();
        }
    }

    /// Appender thread, after its last append; flushes nothing.
    void close() throws IOException {
        flushing.lock();
        try {
            List<Open> open = new ArrayList<>();
            dirtyLock.lock();
            try {
                open.addAll(dirty);
                dirty.clear();
            } finally {
                dirtyLock.unlock();
            }
            Open last = current;
            current = null;
            if (last != null && !open.contains(last)) {
                open.add(last);
            }
            for (Open file : open) {
                file.channel.close();
            }
        } finally {
            flushing.unlock();
        }
    }
}
