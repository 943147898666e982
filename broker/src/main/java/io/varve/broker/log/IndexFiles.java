// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.Optional;

/// Writes index files and maps them. Thread-safe; one file is written by one thread at a time.
final class IndexFiles {
    private final DiskFiles disk;

    IndexFiles(DiskFiles disk) {
        this.disk = disk;
    }

    private static String name(long file) {
        return LogFileNames.name(file, LogFileNames.DIRECTORY);
    }

    /// An index file with its mapping.
    record Mapped(MappedIndex index, Arena arena) {}

    /// Empty when it is damaged: the caller makes it again.
    ///
    /// @throws io.varve.manifest.VersionTooNewException a later Varve wrote it
    @SuppressWarnings("MustBeClosedChecker") // The arena goes with the mapping to its owner.
    Optional<Mapped> map(long file) throws IOException {
        Arena arena = Arena.ofShared();
        boolean kept = false;
        try {
            Optional<MappedIndex> index = MappedIndex.of(disk.map(name(file), arena), file);
            kept = index.isPresent();
            return index.map(right -> new Mapped(right, arena));
        } finally {
            if (!kept) {
                arena.close();
            }
        }
    }

    /// Writes the index of a file of which everything is decided, durably, and maps it.
    Mapped write(LogFile file, OpenIndex index) throws IOException {
        ByteBuffer bytes =
                IndexFileCodec.encode(
                        new IndexFileCodec.Facts(
                                file.identity(),
                                file.lowestIndex(),
                                file.highestIndex(),
                                file.endPosition()),
                        index);
        String name = name(file.number());
        try (DiskFile out = createAnew(name)) {
            out.write(0, bytes);
            out.force();
        }
        disk.syncDirectory();
        return map(file.number())
                .orElseThrow(
                        () -> new IOException("index file is not what was written: name=" + name));
    }

    /// One may be left of an attempt that failed.
    private DiskFile createAnew(String name) throws IOException {
        try {
            return disk.create(name);
        } catch (FileAlreadyExistsException e) {
            disk.delete(name);
            return disk.create(name);
        }
    }

    void delete(long file) throws IOException {
        disk.delete(name(file));
    }
}
