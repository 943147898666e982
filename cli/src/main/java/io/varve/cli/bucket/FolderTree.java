// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.bucket;

import io.varve.objectstore.ObjectInfo;
import java.util.ArrayList;
import java.util.List;

/// Folders with what is in and below each, made from a listing in the order of its keys. Folders
/// deeper than wanted count in those above them; so do all behind the most that are kept. Owner:
/// one command.
final class FolderTree {
    private final int depthMax;
    private final int foldersMax;
    private final Folder root;
    private final List<Folder> folders = new ArrayList<>();
    private final List<Folder> open = new ArrayList<>();
    private long notShown;

    /// One folder. Owner: its tree.
    static final class Folder {
        private final String path;
        private final int depth;
        private long objects;
        private long bytes;

        private Folder(String path, int depth) {
            this.path = path;
            this.depth = depth;
        }

        /// With its slash at the end.
        String path() {
            return path;
        }

        /// 0 for what the tree begins with.
        int depth() {
            return depth;
        }

        /// In it and below.
        long objects() {
            return objects;
        }

        long bytes() {
            return bytes;
        }
    }

    /// @param root folder that the tree begins with; empty for the whole bucket
    /// @param depthMax levels of folders below it that are kept apart
    /// @param foldersMax most folders kept apart
    FolderTree(String root, int depthMax, int foldersMax) {
        this.root = new Folder(root, 0);
        this.depthMax = depthMax;
        this.foldersMax = foldersMax;
        this.folders.add(this.root);
        this.open.add(this.root);
    }

    /// @param object the next one in the order of keys, below the root
    void add(ObjectInfo object) {
        String key = object.key();
        while (!key.startsWith(open.getLast().path)) {
            open.removeLast();
        }
        int slash = key.indexOf('/', open.getLast().path.length());
        while (slash >= 0 && open.size() <= depthMax) {
            Folder folder = new Folder(key.substring(0, slash + 1), open.size());
            open.add(folder);
            if (folders.size() < foldersMax) {
                folders.add(folder);
            } else {
                notShown++;
            }
            slash = key.indexOf('/', slash + 1);
        }
        for (Folder each : open) {
            each.objects++;
            each.bytes += object.bytes();
        }
    }

    /// The root first, each folder before those inside it.
    List<Folder> folders() {
        return List.copyOf(folders);
    }

    /// All objects.
    long objects() {
        return root.objects;
    }

    /// Folders that would have been kept apart, and were too many.
    long notShown() {
        return notShown;
    }
}
