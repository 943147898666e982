// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import static io.varve.objectstore.ObjectKeys.RESERVED_FIRST_PART;

import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The folder `.tmp` of a bucket: unfinished puts, which a crash may leave behind. No key can name
/// it. Thread-safe.
final class TemporaryFiles {
    /// No put lasts this long, so what is older was left by a crash. Were it wrong, the late put
    /// would fail, not lie.
    static final Duration LEFTOVER_AGE = Duration.ofHours(1);

    private static final Logger LOG = LoggerFactory.getLogger(TemporaryFiles.class);
    private static final int NAME_ATTEMPTS_MAX = 100;
    private static final String LOCK = "lock";

    /// One for the process, since it may open a bucket twice.
    private static final AtomicLong COUNTER = new AtomicLong();

    private final Folders folders;
    private final Path folder;
    private final InstantSource clock;
    private final String namePrefix;

    TemporaryFiles(Folders folders, InstantSource clock) {
        this.folders = folders;
        this.folder = folders.root().resolve(RESERVED_FIRST_PART);
        this.clock = clock;
        this.namePrefix = ProcessHandle.current().pid() + "-" + clock.millis() + "-";
    }

    /// Makes a new empty file under a name that no one has now; once it is given up, another may
    /// take it.
    Path create() throws IOException {
        for (int attempt = 0; attempt < NAME_ATTEMPTS_MAX; attempt++) {
            Path file = folder.resolve(namePrefix + COUNTER.incrementAndGet());
            try {
                return Files.createFile(file);
            } catch (FileAlreadyExistsException e) {
                // Another process with the same id (another host or container) took the name: take
                // the next one.
            } catch (NoSuchFileException e) {
                createFolder();
            }
        }
        throw new ObjectStoreException.Transient("no free temporary name: folder=" + folder, null);
    }

    /// Removes a file that [#create] made. What cannot be removed now is a leftover for a later
    /// open: whether the put was done does not depend on it.
    static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("temporary file not removed: file={}, error={}", file, e.toString());
        }
    }

    /// The file whose lock guards the names of a bucket without hard links. It stays.
    Path lockFile() {
        return folder.resolve(LOCK);
    }

    private void createFolder() throws IOException {
        folders.checkRoot();
        folders.create(folder);
    }

    /// Removes what crashed puts have left. Does nothing when the bucket is read-only.
    void removeLeftovers() throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || !Files.isWritable(folder)) {
            return;
        }
        Instant oldest = fileSystemTime().minus(LEFTOVER_AGE);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                removeIfOlder(file, oldest);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Gone meanwhile: nothing to remove.
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static void removeIfOlder(Path file, Instant oldest) throws IOException {
        if (file.endsWith(LOCK) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                    .toInstant()
                    .isBefore(oldest)) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            // Its put has ended meanwhile.
        }
    }

    /// The time that the file system gives to a file written now; the host's time where nothing can
    /// be written.
    Instant fileSystemTime() throws IOException {
        folders.checkRoot();
        if (!Files.isWritable(folders.root())) {
            return clock.instant();
        }
        Path probe = create();
        try {
            return Files.getLastModifiedTime(probe).toInstant();
        } finally {
            discard(probe);
        }
    }
}
