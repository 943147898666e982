// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/// The files of a log, by number. Thread-safe.
final class LogFiles {
    private final ConcurrentNavigableMap<Long, LogFile> byNumber = new ConcurrentSkipListMap<>();
    private final int openFilesMax;

    LogFiles(int openFilesMax) {
        this.openFilesMax = openFilesMax;
    }

    void add(LogFile file) {
        byNumber.put(file.number(), file);
    }

    void remove(LogFile file) {
        byNumber.remove(file.number());
    }

    @Nullable LogFile get(long number) {
        return byNumber.get(number);
    }

    Collection<LogFile> oldestFirst() {
        return byNumber.values();
    }

    boolean isNewest(LogFile file) {
        return byNumber.higherKey(file.number()) == null;
    }

    /// The newest frame of that term and index; else one whose bytes were found to be damaged.
    Optional<FrameLocation> find(long term, long index) {
        return find(index, file -> file.find(term, index))
                .or(() -> find(index, file -> file.findDamaged(term, index)));
    }

    Optional<FrameLocation> findWhole(long term, long index) {
        return find(index, file -> file.find(term, index));
    }

    /// Term and frame of a committed index.
    Optional<FileIndex.Entry> entryOf(long index) {
        for (LogFile file : byNumber.descendingMap().values()) {
            Optional<FileIndex.Entry> found = within(file, it -> entryIn(it.index(), index));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<FileIndex.Entry> entryIn(FileIndex entries, long index) {
        if (entries.entryCount() == 0
                || index < entries.indexAt(0)
                || index > entries.lastIndex()) {
            return Optional.empty();
        }
        return entries.entryOf(index);
    }

    private interface Finding<T> {
        Optional<T> in(LogFile file);
    }

    private Optional<FrameLocation> find(long index, Finding<FrameLocation> finding) {
        for (LogFile file : byNumber.descendingMap().values()) {
            if (index < file.lowestIndex() || index > file.highestIndex()) {
                continue;
            }
            Optional<FrameLocation> found = within(file, finding);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static <T> Optional<T> within(LogFile file, Finding<T> finding) {
        if (!file.enter()) {
            return Optional.empty();
        }
        try {
            return finding.in(file);
        } finally {
            HotRows.leave(file);
        }
    }

    /// Inside the file: its reader. Opening one more than the bound closes idle ones, oldest first.
    DiskFile readerOf(LogFile file) throws IOException {
        boolean opening = !file.hasReader();
        DiskFile reader = file.reader();
        if (opening) {
            closeIdleReaders();
        }
        return reader;
    }

    private void closeIdleReaders() throws IOException {
        long open = byNumber.values().stream().filter(LogFile::hasReader).count();
        for (LogFile file : byNumber.values()) {
            if (open <= openFilesMax) {
                return;
            }
            if (file.hasReader() && file.closeIdleReader()) {
                open--;
            }
        }
    }

    /// Nobody enters any of them any more; what is in use is closed by its last user.
    void close(long nowNs) throws IOException {
        for (LogFile file : byNumber.values()) {
            file.markFreed(nowNs, 0);
        }
    }
}
