// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// One file of the log: where its frames are, what of it is committed, and who reads it.
///
/// ```
/// WRITING --the next file begins--> FULL --flushed and all decided--> INDEXED
///    any --freed--> GONE (closed when its last reader leaves)
/// ```
///
/// Whoever touches its bytes or its index does so between [#enter] and [#exit], so that nothing is
/// unmapped or closed under a reader. Thread-safe.
final class LogFile {
    private static final int FREED = 1 << 30;

    /// For the moment in which an idle reader's file is closed: others wait.
    private static final int CLOSING = 1 << 29;

    private final DiskFiles disk;
    private final long number;
    private final long identity;
    private final AtomicInteger users = new AtomicInteger();
    private final Object channelLock = new Object();

    private volatile FrameList frames;
    private volatile FrameList damaged;
    private volatile FileIndex index;
    private volatile long endPosition;
    private volatile long sizeBytes;
    private volatile boolean full;
    private volatile boolean flushed;
    private volatile @Nullable Arena arena;
    private volatile @Nullable DiskFile reader;
    private final AtomicBoolean freeing = new AtomicBoolean();
    private final AtomicBoolean indexing = new AtomicBoolean();
    private volatile boolean leased;
    private volatile long lastLeaseEndNs;

    LogFile(DiskFiles disk, long number, long identity, long sizeBytes) {
        this.disk = disk;
        this.number = number;
        this.identity = identity;
        this.sizeBytes = sizeBytes;
        this.frames = new FrameList(number);
        this.damaged = new FrameList(number);
        this.index = new OpenIndex(number);
        this.endPosition = FileHeader.BYTES;
    }

    /// A file that was found by a scan: complete, and made durable by the scan.
    static LogFile scanned(DiskFiles disk, long number, long sizeBytes, FileScan.Result scan) {
        LogFile file = new LogFile(disk, number, scan.identity(), sizeBytes);
        file.frames = scan.frames();
        file.damaged = scan.damaged();
        file.endPosition = scan.endPosition();
        file.full = true;
        file.flushed = true;
        return file;
    }

    /// A file whose index file was found.
    static LogFile indexed(
            DiskFiles disk, long number, long sizeBytes, MappedIndex index, Arena arena) {
        LogFile file = new LogFile(disk, number, index.facts().identity(), sizeBytes);
        file.full = true;
        file.flushed = true;
        file.become(index, arena);
        return file;
    }

    long number() {
        return number;
    }

    long identity() {
        return identity;
    }

    String name() {
        return LogFileNames.log(number);
    }

    FileIndex index() {
        return index;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    long endPosition() {
        return endPosition;
    }

    /// Lowest index of its frames, dead ones included; [Long#MAX_VALUE] when there is none.
    long lowestIndex() {
        // Lists first: they go only after the mapped index is there.
        long lowest = Math.min(frames.lowestIndex(), damaged.lowestIndex());
        return index instanceof MappedIndex mapped ? mapped.facts().lowestIndex() : lowest;
    }

    /// Highest index of its frames, dead ones included; -1 when there is none.
    long highestIndex() {
        long highest = Math.max(frames.highestIndex(), damaged.highestIndex());
        return index instanceof MappedIndex mapped ? mapped.facts().highestIndex() : highest;
    }

    /// Appender only.
    void wrote(FrameHeader frame, long position) {
        frames.add(frame.term(), frame.index(), position, frame.tableLength(), frame.bodyLength());
        endPosition = position + frame.frameBytes();
        sizeBytes = Math.max(sizeBytes, endPosition);
    }

    boolean isFull() {
        return full;
    }

    void markFull() {
        full = true;
    }

    boolean isFlushed() {
        return flushed;
    }

    /// Everything in it is durable, and nothing more is written.
    void markFlushed() {
        flushed = true;
    }

    /// Swaps the index in memory for the one on disk; frames are then found through it.
    void become(MappedIndex mapped, Arena itsArena) {
        endPosition = mapped.facts().endPosition();
        arena = itsArena;
        index = mapped;
        frames = new FrameList(number);
        damaged = new FrameList(number);
    }

    /// Taken by the one who writes the index file, and given back only when that failed.
    boolean beginIndexing() {
        return indexing.compareAndSet(false, true);
    }

    void indexingFailed() {
        indexing.set(false);
    }

    /// Taken by the one who frees the file; nobody writes its index file then.
    boolean beginFreeing() {
        return (index instanceof MappedIndex || beginIndexing())
                && freeing.compareAndSet(false, true);
    }

    /// The index file is being written just now.
    boolean isIndexing() {
        return indexing.get() && !(index instanceof MappedIndex);
    }

    /// Between [#enter] and [#exit]: a frame whose CRCs were right when it was written or scanned.
    Optional<FrameLocation> find(long term, long raftIndex) {
        // Frames first: they go only after the mapped index is there.
        Optional<FrameLocation> found = frames.find(term, raftIndex);
        if (found.isPresent() || !(index instanceof MappedIndex mapped)) {
            return found;
        }
        return mapped.entryOf(raftIndex)
                .filter(entry -> entry.term() == term)
                .map(FileIndex.Entry::frame);
    }

    /// Between [#enter] and [#exit]: a frame whose header was right and whose table or body was
    /// not.
    Optional<FrameLocation> findDamaged(long term, long raftIndex) {
        return damaged.find(term, raftIndex);
    }

    // --- readers

    /// @return false when the file was freed; otherwise [#exit] must follow
    boolean enter() {
        while (true) {
            int now = users.get();
            if ((now & FREED) != 0) {
                return false;
            }
            if ((now & CLOSING) != 0) {
                Thread.onSpinWait();
                continue;
            }
            if (users.compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    void exit() throws IOException {
        if (users.decrementAndGet() == FREED) {
            close();
        }
    }

    /// Notes that pages of the file may have been handed to the kernel.
    void leaseEnded(long nowNs) {
        lastLeaseEndNs = nowNs;
        leased = true;
    }

    /// Nobody enters any more.
    ///
    /// @return true when nobody is inside, and nobody who was may still have the kernel reading
    boolean markFreed(long nowNs, long graceNs) throws IOException {
        while (true) {
            int now = users.get();
            if ((now & CLOSING) != 0) {
                Thread.onSpinWait();
                continue;
            }
            if (users.compareAndSet(now, now | FREED)) {
                if (now != 0) {
                    return false;
                }
                close();
                return !leased || nowNs - lastLeaseEndNs > graceNs;
            }
        }
    }

    /// Between [#enter] and [#exit]. The reader's own file, never the writer's; opened when first
    /// asked for.
    DiskFile reader() throws IOException {
        DiskFile open = reader;
        if (open != null) {
            return open;
        }
        synchronized (channelLock) {
            open = reader;
            if (open == null) {
                open = disk.openToRead(name());
                reader = open;
            }
            return open;
        }
    }

    boolean hasReader() {
        return reader != null;
    }

    /// Closes the reader's file unless somebody is inside; it is opened again when needed.
    ///
    /// @return true when it was closed
    boolean closeIdleReader() throws IOException {
        if (!users.compareAndSet(0, CLOSING)) {
            return false;
        }
        try {
            synchronized (channelLock) {
                DiskFile open = reader;
                reader = null;
                if (open == null) {
                    return false;
                }
                open.close();
                return true;
            }
        } finally {
            users.set(0);
        }
    }

    /// Idempotent. Nobody may be inside.
    void close() throws IOException {
        synchronized (channelLock) {
            DiskFile open = reader;
            reader = null;
            Arena mapped = arena;
            arena = null;
            if (mapped != null) {
                mapped.close();
            }
            if (open != null) {
                open.close();
            }
        }
    }
}
