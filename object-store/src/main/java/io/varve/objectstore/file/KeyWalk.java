// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.file;

import io.varve.objectstore.ObjectInfo;
import io.varve.objectstore.ObjectKeys;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/// One page of a listing: walks the folders in the order of whole keys.
///
/// A folder sorts by its name with the slash, since `a-b` and `a.b` come before `a/x`, but `ab`
/// after it. Whether a name is a folder costs a system call, so names enter a heap unknown, under
/// the name alone (which is never above its true place), and are looked at when they come up. A
/// page thus looks at about as many files as it returns, and reads only the folders that can hold
/// keys of the prefix behind `startAfter`. Owner: one call.
final class KeyWalk {
    private final Folders folders;
    private final String prefix;
    private final String startAfter;
    private final int maxKeys;
    private final List<ObjectInfo> page = new ArrayList<>();
    private int foldersRead;
    private int filesLookedAt;

    KeyWalk(Folders folders, String prefix, String startAfter, int maxKeys) {
        this.folders = folders;
        this.prefix = prefix;
        this.startAfter = startAfter;
        this.maxKeys = maxKeys;
    }

    /// What the walk has cost. For tests.
    int foldersRead() {
        return foldersRead;
    }

    int filesLookedAt() {
        return filesLookedAt;
    }

    List<ObjectInfo> walk() throws IOException {
        String base = prefix.substring(0, prefix.lastIndexOf('/') + 1);
        Path folder = folders.root().resolve(base);
        boolean reserved = base.startsWith(ObjectKeys.RESERVED_FIRST_PART + "/");
        if (!reserved && mayHold(base) && folders.isInside(folder)) {
            visit(folder, base);
        }
        return page;
    }

    private void visit(Path folder, String base) throws IOException {
        PriorityQueue<Entry> entries = new PriorityQueue<>(candidates(folder, base));
        while (page.size() < maxKeys && !entries.isEmpty()) {
            Entry entry = entries.poll();
            if (entry.folder) {
                visit(folder.resolve(entry.name), base + entry.name + "/");
                continue;
            }
            Optional<BasicFileAttributes> found = look(folder.resolve(entry.name));
            if (found.isEmpty()) {
                continue;
            }
            BasicFileAttributes file = found.get();
            String key = base + entry.name;
            if (file.isDirectory() && mayHold(key + "/")) {
                entries.add(new Entry(entry.name, true));
            } else if (file.isRegularFile() && isWanted(key)) {
                page.add(new ObjectInfo(key, file.size(), file.lastModifiedTime().toInstant()));
            }
        }
    }

    private List<Entry> candidates(Path folder, String base) throws IOException {
        foldersRead++;
        List<Entry> candidates = new ArrayList<>();
        try (DirectoryStream<Path> names = Files.newDirectoryStream(folder)) {
            for (Path path : names) {
                String name = path.getFileName().toString();
                String key = base + name;
                if (ObjectKeys.isPart(name)
                        && !key.equals(ObjectKeys.RESERVED_FIRST_PART)
                        && (isWanted(key) || mayHold(key + "/"))) {
                    candidates.add(new Entry(name, false));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of(); // removed since its name was read
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return candidates;
    }

    private Optional<BasicFileAttributes> look(Path path) throws IOException {
        filesLookedAt++;
        try {
            return Optional.of(
                    Files.readAttributes(
                            path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private boolean isWanted(String key) {
        return key.startsWith(prefix) && key.compareTo(startAfter) > 0 && ObjectKeys.isKey(key);
    }

    /// Whether a wanted key can start with `base`, which is empty or ends with a slash.
    private boolean mayHold(String base) {
        return (base.startsWith(prefix) || prefix.startsWith(base))
                && (base.compareTo(startAfter) > 0 || startAfter.startsWith(base));
    }

    /// A name in a folder; `folder` when it is known to be one.
    private record Entry(String name, boolean folder) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            return sortKey().compareTo(other.sortKey());
        }

        private String sortKey() {
            return folder ? name + "/" : name;
        }
    }
}
