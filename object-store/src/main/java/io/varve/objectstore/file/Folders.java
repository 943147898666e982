// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ObjectStoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/// The folders between a bucket's directory and its objects: makes them, removes empty ones, makes
/// their entries durable. Symbolic links are no folders. Thread-safe: every step is one atomic call
/// of the operating system, and no caller relies on a folder to be still there after it.
final class Folders {
    private final Path root;

    /// @param root the bucket's directory, real (without symbolic links)
    Folders(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /// @throws ObjectStoreException.NotFound the bucket's directory is gone (an unmounted disk?);
    ///   it is never made again
    void checkRoot() throws IOException {
        if (!isFolder(root)) {
            throw missingRoot(root);
        }
    }

    /// The folder that holds an object's file.
    Path folderOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? root : parent;
    }

    static ObjectStoreException.NotFound missingRoot(Path root) {
        return new ObjectStoreException.NotFound(
                "bucket directory does not exist: directory=" + root, null);
    }

    /// Whether `folder` is in the bucket and no part of it below the root is missing, a symbolic
    /// link or a file.
    boolean isInside(Path folder) throws IOException {
        for (Path each : chain(folder)) {
            if (!isFolder(each)) {
                return false;
            }
        }
        return true;
    }

    /// Whether this is a folder; unlike [Files#isDirectory], an error is not a no.
    private static boolean isFolder(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isDirectory();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /// Makes `folder` and what is missing above it, but not the root.
    ///
    /// @throws NoSuchFileException a racing delete removed a folder meanwhile, or the root is gone
    void create(Path folder) throws IOException {
        for (Path each : chain(folder)) {
            if (each.equals(root) || isFolder(each)) {
                continue;
            }
            try {
                Files.createDirectory(each);
            } catch (FileAlreadyExistsException e) {
                if (!isFolder(each) && Files.exists(each, LinkOption.NOFOLLOW_LINKS)) {
                    throw new ObjectStoreException.Denied(
                            "a part of the key is an object, not a folder: path=" + each, e);
                }
            }
        }
    }

    /// Makes the entry of a file in `folder` durable, and the folders' own entries up to the root.
    /// All of them each time: a folder found in place may have been made a moment ago by a put that
    /// has not come this far yet.
    void syncUp(Path folder) throws IOException {
        for (Path each : chain(folder).reversed()) {
            try {
                sync(each);
            } catch (NoSuchFileException e) {
                // A racing delete has removed the object and then its folder; there is nothing left
                // to make durable.
            }
        }
    }

    static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Removes `folder` and those above it as long as they are empty. The operating system removes
    /// no folder that has an entry, so a racing put either keeps its folder or finds it gone and
    /// makes it again.
    void removeEmpty(Path folder) throws IOException {
        for (Path each = folder; each != null && !each.equals(root); each = each.getParent()) {
            try {
                Files.deleteIfExists(each);
            } catch (DirectoryNotEmptyException e) {
                return;
            }
        }
    }

    /// The folders from the root, first, to `folder`, last.
    private List<Path> chain(Path folder) {
        List<Path> chain = new ArrayList<>();
        for (Path each = folder; each != null && !each.equals(root); each = each.getParent()) {
            chain.add(each);
        }
        chain.add(root);
        return chain.reversed();
    }
}
