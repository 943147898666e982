// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// Files that wait to be overwritten: freed ones, and one filled with zeros ahead when there is
/// none, because a write that extends a file makes each flush dearer. Bounded. Thread-safe.
final class SpareFiles {
    private static final int ZEROS_BYTES = 1 << 20;

    private final DiskFiles disk;
    private final ShardLogSettings settings;
    private final Executor background;
    private final LongSupplier nextNumber;
    private final LongAdder failures;
    private final ConcurrentLinkedDeque<Spare> spares = new ConcurrentLinkedDeque<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicBoolean preparing = new AtomicBoolean();

    /// A file to overwrite.
    record Spare(String name, long bytes) {}

    SpareFiles(
            DiskFiles disk,
            ShardLogSettings settings,
            Executor background,
            LongSupplier nextNumber,
            LongAdder failures) {
        this.failures = failures;
        this.disk = disk;
        this.settings = settings;
        this.background = background;
        this.nextNumber = nextNumber;
    }

    /// Keeps or deletes a spare that was there at start.
    void found(String name) throws IOException {
        long size = disk.sizeOf(name);
        if (!fits(size) || !offer(new Spare(name, size))) {
            disk.delete(name);
        }
    }

    /// A file that was written without a spare ends with its last frame, a bit before its full
    /// size. A much shorter one would be extended nearly as a new one is, a longer one wastes
    /// space.
    private boolean fits(long size) {
        return size > settings.fileBytes() / 2 && size <= settings.fileBytes();
    }

    /// @return false when the bound is reached
    private boolean offer(Spare spare) {
        if (count.incrementAndGet() > settings.spareFilesMax()) {
            count.decrementAndGet();
            return false;
        }
        bytes.addAndGet(spare.bytes());
        spares.addLast(spare);
        return true;
    }

    Optional<Spare> take() {
        Spare spare = spares.pollFirst();
        if (spare != null) {
            bytes.addAndGet(-spare.bytes());
            count.decrementAndGet();
        }
        return Optional.ofNullable(spare);
    }

    /// A freed log file of the right size becomes a spare, or is deleted. Returns when the name is
    /// durable: before that a crash could bring the old name back over new bytes.
    ///
    /// @return true when it is a spare
    boolean recycle(LogFile file) throws IOException {
        if (!fits(file.sizeBytes()) || count.get() >= settings.spareFilesMax()) {
            disk.delete(file.name());
            return false;
        }
        String spare = LogFileNames.name(file.number(), LogFileNames.SPARE);
        disk.rename(file.name(), spare);
        disk.syncDirectory();
        if (!offer(new Spare(spare, file.sizeBytes()))) {
            disk.delete(spare);
            return false;
        }
        return true;
    }

    /// Has a file filled with zeros in the background, if none waits.
    void prepare() {
        if (!settings.prepareSpares()
                || settings.spareFilesMax() == 0
                || count.get() > 0
                || !preparing.compareAndSet(false, true)) {
            return;
        }
        try {
            background.execute(this::fillQuietly);
        } catch (RejectedExecutionException e) {
            // The process is stopping.
            preparing.set(false);
        }
    }

    private void fillQuietly() {
        try {
            fill();
        } catch (IOException e) {
            // No spare then: the appender extends a file, and meets the trouble itself if it lasts.
            failures.increment();
        } finally {
            preparing.set(false);
        }
    }

    private void fill() throws IOException {
        long number = nextNumber.getAsLong();
        String unfinished = LogFileNames.name(number, LogFileNames.NEW);
        String spare = LogFileNames.name(number, LogFileNames.SPARE);
        try (DiskFile file = disk.create(unfinished)) {
            fill(file);
        } catch (IOException e) {
            // Leave the space to the log itself.
            disk.delete(unfinished);
            throw e;
        }
        disk.rename(unfinished, spare);
        if (!offer(new Spare(spare, settings.fileBytes()))) {
            disk.delete(spare);
        }
    }

    private void fill(DiskFile file) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(ZEROS_BYTES, settings.fileBytes()));
        long position = 0;
        while (position < settings.fileBytes()) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), settings.fileBytes() - position));
            int bytes = zeros.remaining();
            file.write(position, zeros);
            position += bytes;
        }
        file.force();
    }

    long diskBytes() {
        return bytes.get();
    }
}
