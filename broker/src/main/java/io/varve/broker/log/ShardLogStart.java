// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;

/// Reads a directory at start: maps what has an index file, scans what has none, tidies up what a
/// crash left.
///
/// Owner: one thread.
final class ShardLogStart {
    private final DiskFiles disk;
    private final IndexFiles indexFiles;
    private final List<LogFile> files = new ArrayList<>();
    private final List<String> spares = new ArrayList<>();
    private final List<DamagedFrameException> damages = new ArrayList<>();
    private long numberMax;

    private ShardLogStart(DiskFiles disk) {
        this.disk = disk;
        this.indexFiles = new IndexFiles(disk);
    }

    /// What was there.
    ///
    /// @param files by number
    /// @param spares names of files to overwrite
    /// @param damages what could not be read
    /// @param numberMax highest number ever seen in a name
    record Found(
            List<LogFile> files,
            List<String> spares,
            List<DamagedFrameException> damages,
            long numberMax) {}

    static Found read(DiskFiles disk) throws IOException {
        return new ShardLogStart(disk).read();
    }

    private Found read() throws IOException {
        // A killed process may have left names that a power cut would still take back.
        disk.syncDirectory();
        TreeSet<Long> logs = new TreeSet<>();
        TreeSet<Long> directories = new TreeSet<>();
        for (String name : disk.list()) {
            number(name, LogFileNames.LOG).ifPresent(logs::add);
            number(name, LogFileNames.DIRECTORY).ifPresent(directories::add);
            number(name, LogFileNames.DAMAGED);
            if (number(name, LogFileNames.SPARE).isPresent()) {
                spares.add(name);
            }
            if (number(name, LogFileNames.NEW).isPresent()) {
                disk.delete(name);
            }
        }
        for (long number : directories) {
            if (!logs.contains(number)) {
                indexFiles.delete(number);
            }
        }
        for (long number : logs) {
            if (!directories.contains(number) || !takeIndexed(number)) {
                scan(number);
            }
        }
        disk.syncDirectory();
        return new Found(files, spares, damages, numberMax);
    }

    private OptionalLong number(String name, String suffix) {
        OptionalLong number = LogFileNames.number(name, suffix);
        number.ifPresent(it -> numberMax = Math.max(numberMax, it));
        return number;
    }

    /// @return false when the index file does not describe the file; it is gone then
    private boolean takeIndexed(long number) throws IOException {
        Optional<IndexFiles.Mapped> mapped = indexFiles.map(number);
        if (mapped.isPresent()) {
            IndexFileCodec.Facts facts = mapped.get().index().facts();
            long size = disk.sizeOf(LogFileNames.log(number));
            if (size >= facts.endPosition() && identityOf(number) == facts.identity()) {
                files.add(
                        LogFile.indexed(
                                disk, number, size, mapped.get().index(), mapped.get().arena()));
                return true;
            }
            mapped.get().arena().close();
        }
        indexFiles.delete(number);
        return false;
    }

    private long identityOf(long number) throws IOException {
        String name = LogFileNames.log(number);
        try (DiskFile file = disk.openToRead(name)) {
            ByteBuffer first = ByteBuffer.allocate(FileHeader.BYTES);
            file.read(0, first);
            return FileHeader.decode(first.flip(), name).map(FileHeader::identity).orElse(0L);
        }
    }

    private void scan(long number) throws IOException {
        String name = LogFileNames.log(number);
        FileScan.Result scan;
        long size;
        try (DiskFile file = disk.openToRead(name)) {
            size = file.size();
            scan = FileScan.scan(file, number);
        }
        switch (scan.kind()) {
            case FRAMES -> {
                // Read from the page cache, perhaps: what counts as found must be durable.
                try (DiskFile file = disk.openToWrite(name)) {
                    file.force();
                }
                damages.addAll(scan.damages());
                files.add(LogFile.scanned(disk, number, size, scan));
            }
            case UNWRITTEN, EMPTY -> {
                String spare = LogFileNames.name(number, LogFileNames.SPARE);
                disk.rename(name, spare);
                spares.add(spare);
            }
            case UNREADABLE -> {
                damages.add(new DamagedFrameException("file without a readable frame", number, 0));
                disk.rename(name, LogFileNames.name(number, LogFileNames.DAMAGED));
            }
        }
    }
}
