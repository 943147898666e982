// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/// How a finished temporary file gets its name if nobody has that name: atomically, with one winner
/// over all processes. Thread-safe.
@FunctionalInterface
interface NameClaim {
    /// Gives `file` the name `target`.
    ///
    /// @return whether the file has its old name too; if not, another put may by now have taken
    ///   that name
    /// @throws FileAlreadyExistsException the name is taken
    boolean claim(Path file, Path target) throws IOException;

    /// A hard link; a bucket on a file system that has none (FAT, some network and FUSE file
    /// systems) goes by [#locked].
    static NameClaim linkedElseLocked(Path lockFile) {
        NameClaim locked = locked(lockFile);
        return (file, target) -> {
            try {
                Files.createLink(target, file);
                return true;
            } catch (UnsupportedOperationException e) {
                return locked.claim(file, target);
            } catch (FileSystemException e) {
                if (!FileErrors.saysNoLinks(e)) {
                    throw e;
                }
                return locked.claim(file, target);
            }
        };
    }

    /// A rename under the lock of one file, which the operating system releases when its holder
    /// dies. Not by creating the target itself and filling it: a crash would leave half an object
    /// under its name.
    static NameClaim locked(Path lockFile) {
        return (file, target) -> {
            LockedRename.IN_PROCESS.lock();
            try (FileChannel channel =
                            FileChannel.open(
                                    lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (!lock.isValid()) {
                    throw new IOException("lock lost: file=" + lockFile);
                }
                if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                    throw new FileAlreadyExistsException(target.toString());
                }
                Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
                return false;
            } finally {
                LockedRename.IN_PROCESS.unlock();
            }
        };
    }

    /// File locks hold between processes only; this one is for the threads of this process.
    final class LockedRename {
        private static final ReentrantLock IN_PROCESS = new ReentrantLock();

        private LockedRename() {}
    }
}
